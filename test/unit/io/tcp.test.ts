import { describe, expect, it } from "vitest";
import type { TCP, TCPOptions } from "../../../src/io/types.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";
import { blockOf } from "../../support/tcb.ts";
import { ascii, connected, pair, text } from "./pair.ts";

describe("TCP", () => {
	it("calls nothing back inside the constructor or a method", () => {
		const p = pair();
		let inside = true;
		const calls: string[] = [];
		const note = (name: string) => () => {
			calls.push(name);
			expect(inside).toBe(false);
		};
		const client = new p.a.TCP({
			address: "10.0.0.1",
			port: 9,
			onReadable: note("readable"),
			onWritable: note("writable"),
			onError: note("error"),
		});
		expect(calls).toEqual([]);
		inside = false;
		p.world.run(100);
		expect(calls).toEqual(["error"]);
		expect(client.error).toBe("refused");
		client.close();
	});

	it("tells by the first onWritable that the connection stands", () => {
		const p = pair();
		let room = 0;
		const { client } = connected(p, { onWritable: (bytes) => (room ||= bytes) });
		expect(room).toBe(4 * 1460);
		expect(client.remoteAddress).toBe("10.0.0.2");
		expect(client.remotePort).toBe(80);
		expect(client.localAddress).toBe("10.0.0.1");
	});

	it("reports all bytes that can be read, and reads them whole, by number and into views", () => {
		const p = pair();
		const seen: number[] = [];
		const { client, server } = connected(p, {}, { onReadable: (bytes) => seen.push(bytes) });
		client.write(ascii("hello "));
		p.world.run(50);
		client.write(ascii("world"));
		p.world.run(50);
		expect(seen).toEqual([6, 11]);
		expect(text(server.read(2))).toBe("he");
		const buffer = new Uint8Array(10);
		expect(server.read(buffer.subarray(3, 6))).toBe(3);
		expect(text(buffer.buffer)).toBe("\0\0\0llo\0\0\0\0");
		expect(server.read(buffer, 8, 1)).toBe(1);
		expect(buffer[8]).toBe(32);
		expect(text(server.read())).toBe("world");
		expect(server.read()).toBeUndefined();
		expect(server.read(5)).toBeUndefined();
		expect(server.read(buffer)).toBeUndefined();
	});

	it("fills less than a buffer when less has come, and throws for a number beyond", () => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(ascii("abc"));
		p.world.run(50);
		expect(() => server.read(4)).toThrow("read 4: expected 1 to 3, the bytes that are there");
		expect(() => server.read(0)).toThrow("read 0: expected 1 to 3");
		expect(server.read(new ArrayBuffer(100))).toBe(3);
	});

	it("takes all of a write or nothing", () => {
		const p = pair();
		const { client, server } = connected(p);
		const room = 4 * 1460;
		expect(() => client.write(new ArrayBuffer(room + 1))).toThrow(`write of ${room + 1} bytes: expected at most ${room}`);
		expect(client.write(new Uint8Array(room - 5))).toBe(5);
		expect(() => client.write(new Uint8Array(6))).toThrow("write of 6 bytes: expected at most 5");
		expect(client.write(ascii("..tail.."), 2, 4)).toBe(1);
		p.world.run(1000);
		const bytes = new Uint8Array(server.read() as ArrayBuffer);
		expect(bytes.length).toBe(room - 1);
		expect(text(bytes.slice(-4).buffer)).toBe("tail");
	});

	it("takes Moddable's options of a write, {more: true}, and still refuses what is no part of the buffer", () => {
		const p = pair();
		const { client, server } = connected(p);
		expect(client.write(ascii("5\r\n"), { more: true })).toBe(4 * 1460 - 3);
		expect(client.write(ascii("hello"), Object.freeze({ more: true }))).toBe(4 * 1460 - 8);
		expect(client.write(ascii("\r\n"), {})).toBe(4 * 1460 - 10);
		expect(() => client.write(ascii("abc"), 4)).toThrow(RangeError);
		expect(() => client.write(ascii("abc"), "1" as unknown as number)).toThrow(TypeError);
		p.world.run(500);
		expect(text(server.read())).toBe("5\r\nhello\r\n");
	});

	it("reads into and writes from a part of a buffer, up to its edges and no further", () => {
		const p = pair();
		const { client, server } = connected(p);
		const data = ascii("abcdef");
		expect(client.write(data, 0, 6)).toBe(4 * 1460 - 6);
		expect(client.write(data, 5, 1)).toBe(4 * 1460 - 7);
		expect(client.write(data, 6, 0)).toBe(4 * 1460 - 7);
		expect(client.write(data, 4)).toBe(4 * 1460 - 9);
		p.world.run(50);
		const into = new Uint8Array(8);
		const parts: [number, number][] = [
			[0, 9],
			[8, 1],
			[9, 0],
			[-1, 1],
			[1, -1],
			[0x7fffffff, 1],
			[1, 0x7fffffff],
			[0x7fffffff, 0x7fffffff],
			[0.5, 1],
			[1, 0.5],
			[2 ** 32, 1],
			[1, 2 ** 32],
		];
		for (const [at, count] of parts) {
			expect(() => server.read(into, at, count), `read ${at} ${count}`).toThrow(RangeError);
			expect(() => client.write(into, at, count), `write ${at} ${count}`).toThrow(RangeError);
		}
		expect(text(into.buffer)).toBe("\0".repeat(8));
		expect(server.read(into, 8, 0)).toBeUndefined();
		expect(server.read(into, 7, 1)).toBe(1);
		expect(server.read(into, 1, 3)).toBe(3);
		expect(text(into.buffer)).toBe("\0bcd\0\0\0a");
		expect(server.read(into.subarray(2, 6), 1, 2)).toBe(2);
		expect(text(into.buffer)).toBe("\0bcef\0\0a");
		expect(server.read(into, 0)).toBe(3);
		expect(text(into.buffer)).toBe("fefef\0\0a");
	});

	it("does not write before it is connected", () => {
		const p = pair();
		const client = new p.a.TCP({ address: "10.0.0.2", port: 80 });
		expect(() => client.write(ascii("x"))).toThrow("not connected");
		expect(client.read()).toBeUndefined();
		client.close();
	});

	it("reads and writes single bytes in format number", () => {
		const p = pair();
		const { client, server } = connected(p, { format: "number" }, { format: "number" });
		expect(client.format).toBe("number");
		expect(client.write(65)).toBe(4 * 1460 - 1);
		client.write(0x142);
		p.world.run(50);
		expect(server.read()).toBe(65);
		expect(server.read()).toBe(66);
		expect(server.read()).toBeUndefined();
		expect(() => client.write(ascii("x"))).toThrow(TypeError);
		client.format = "buffer";
		expect(() => client.write(65)).toThrow(TypeError);
		expect(() => (client.format = "text" as "buffer")).toThrow('format "text": expected "buffer" or "number"');
		expect(client.format).toBe("buffer");
	});

	it("reports the peer's end after what came before it has been read", () => {
		const p = pair();
		const events: string[] = [];
		const { client, server } = connected(
			p,
			{},
			{
				onReadable(bytes) {
					events.push("readable " + bytes);
				},
				onError() {
					events.push("error " + this.error);
				},
			},
		);
		client.write(ascii("last words"));
		client.close();
		p.world.run(200);
		expect(events).toEqual(["readable 10"]);
		expect(server.error).toBeUndefined();
		server.read(4);
		p.world.run(50);
		expect(events).toEqual(["readable 10"]);
		server.read();
		expect(events).toEqual(["readable 10"]);
		p.world.run(50);
		expect(events).toEqual(["readable 10", "error closed"]);
	});

	it("can still write after the peer's end", () => {
		const p = pair();
		const heard: string[] = [];
		const { client, server } = connected(p, {
			onReadable() {
				heard.push(text(this.read()));
			},
			onError() {
				heard.push("error " + this.error);
			},
		});
		client.shutdown();
		p.world.run(50);
		expect(() => client.write(ascii("x"))).toThrow("not connected");
		expect(server.error).toBe("closed");
		server.write(ascii("answer"));
		server.close();
		p.world.run(50);
		expect(heard).toEqual(["answer", "error closed"]);
	});

	it("calls back in the order readable, writable, error, once for all that happened", () => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(ascii("one"));
		client.close();
		p.world.run(100);
		const events: string[] = [];
		const moved = new p.b.TCP({
			from: server,
			onReadable(bytes) {
				events.push(`readable ${bytes}`);
				this.read();
			},
			onWritable() {
				events.push("writable");
			},
			onError() {
				events.push("error");
			},
		});
		expect(events).toEqual([]);
		p.world.run(10);
		expect(events).toEqual(["readable 3", "writable", "error"]);
		moved.close();
	});

	it("moves to another instance with what waits, and closes the first", () => {
		const p = pair();
		const { client, server } = connected(p, {}, { format: "number", onError: () => expect("the old one").toBe("silent") });
		client.write(ascii("pending"));
		p.world.run(50);
		const events: string[] = [];
		const Same = server.constructor as typeof p.b.TCP;
		const moved = new Same({
			from: server,
			target: "mine",
			onReadable(bytes) {
				events.push(`${this.target} ${bytes} ${this.format} ${text(this.read())}`);
			},
			onWritable(bytes) {
				events.push(`writable ${bytes}`);
			},
		});
		expect(() => server.read()).toThrow(SyntaxError);
		expect(() => new p.b.TCP({ from: server })).toThrow("from an object: expected an open TCP of the same stack");
		expect(() => new p.b.TCP({ from: [] as unknown as TCP })).toThrow(SyntaxError);
		expect(() => new p.a.TCP({ from: moved })).toThrow(SyntaxError);
		server.close();
		p.world.run(50);
		expect(events).toEqual(["mine 7 buffer pending", "writable 5840"]);
		expect(moved instanceof p.b.TCP).toBe(true);
		expect(moved instanceof p.a.TCP).toBe(false);
	});

	it("throws after close, which may be repeated, and is silent then", () => {
		const p = pair();
		let calls = 0;
		const { client, server } = connected(p, { onReadable: () => calls++, onError: () => calls++ });
		server.write(ascii("late"));
		client.close();
		client.close();
		for (const use of [
			() => client.read(),
			() => client.write(ascii("x")),
			() => client.format,
			() => client.remoteAddress,
			() => client.remotePort,
			() => client.error,
		])
			expect(use).toThrow("socket: it is closed");
		p.world.run(500);
		expect(calls).toBe(0);
	});

	it("calls a reader that left something unread not again before the host had its turn, and one that read all at once", () => {
		for (const leaves of [true, false]) {
			const p = pair();
			const { stack } = p.two;
			let polls = 0;
			const poll = stack.poll.bind(stack);
			stack.poll = (now) => {
				polls++;
				return poll(now);
			};
			const calls: number[] = [];
			const { client } = connected(
				p,
				{},
				{
					onReadable(bytes) {
						calls.push(polls);
						this.read(leaves ? bytes - 1 : bytes);
					},
				},
			);
			client.write(new Uint8Array(4 * 1460));
			p.world.run(1000);
			expect(calls.length).toBeGreaterThan(1);
			expect(new Set(calls).size === calls.length).toBe(leaves);
		}
	});

	it("lets a callback close the socket, and calls no other then", () => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(ascii("x"));
		client.close();
		p.world.run(50);
		const events: string[] = [];
		new p.b.TCP({
			from: server,
			onReadable() {
				events.push("readable");
				this.close();
			},
			onWritable: () => events.push("writable"),
			onError: () => events.push("error"),
		});
		p.world.run(50);
		expect(events).toEqual(["readable"]);
	});

	it("closes the socket of a callback that throws, reports it, and goes on with the others", () => {
		const p = pair();
		const reported: unknown[] = [];
		p.two.stack.events.onError = (error) => reported.push(error);
		const served: string[] = [];
		function serve(this: TCP): void {
			const line = text(this.read());
			if (line === "bad") throw new Error("mistake in the program");
			served.push(line);
		}
		new p.b.Listener({
			port: 80,
			onReadable(count) {
				while (count--) new p.b.TCP({ from: this.read(), onReadable: serve });
			},
		});
		const ended: (string | undefined)[] = [];
		for (const line of ["good", "bad", "fine"]) {
			new p.a.TCP({
				address: "10.0.0.2",
				port: 80,
				onWritable() {
					if (this.target) return;
					this.target = true;
					this.write(ascii(line));
				},
				onError() {
					ended.push(this.error);
				},
			});
		}
		p.world.run(300);
		expect(served.sort()).toEqual(["fine", "good"]);
		expect(reported.map(String)).toEqual(["Error: mistake in the program"]);
		expect(ended).toEqual(["reset"]);
	});

	it("takes options that are frozen or have keys of others", () => {
		const p = pair();
		const options = Object.freeze({
			address: "10.0.0.2",
			port: "80",
			io: p.a.TCP,
			secure: {},
			target: 5,
			nodelay: true,
			keepAlive: 1000,
		});
		const client = new p.a.TCP(options);
		expect(client.target).toBe(5);
		expect("target" in new p.a.TCP({ address: "10.0.0.2", port: 80 })).toBe(false);
		(client as TCP & { mine: string }).mine = "extensible";
	});

	it("hands keepAlive and linger on", () => {
		const p = pair();
		const block = (options: object) =>
			blockOf((new p.a.TCP({ address: "10.0.0.2", port: 80, ...options }) as TCP & { openTCB: Tcb }).openTCB);
		expect(block({})).toMatchObject({ keepAliveIdle: 0, lingerMs: -1 });
		expect(block({ keepAlive: true })).toMatchObject({ keepAliveIdle: 7_200_000, keepAliveInterval: 75_000, keepAliveMost: 9 });
		expect(block({ keepAlive: { interval: 10, count: 2 }, linger: 0 })).toMatchObject({
			keepAliveIdle: 7_200_000,
			keepAliveInterval: 10,
			keepAliveMost: 2,
			lingerMs: 0,
		});
		expect(block({ keepAlive: { idle: 5 }, linger: 0x7fffffff })).toMatchObject({
			keepAliveIdle: 5,
			keepAliveMost: 9,
			lingerMs: 0x7fffffff,
		});
	});

	it.each([
		[undefined, TypeError, "options undefined: expected an object"],
		[{ port: 80 }, Error, "address undefined: expected one to connect to"],
		[{ address: 7, port: 80 }, TypeError, "address 7: expected an IP address as a string"],
		[{ address: "10.0.0", port: 80 }, RangeError, 'address "10.0.0": expected an IP address, as in "192.168.77.2"'],
		[{ host: "board..example", port: 80 }, RangeError, 'host "board..example": expected '],
		[{ address: "10.0.0.2" }, Error, "port undefined: expected 1 to 65535"],
		[{ address: "10.0.0.2", port: undefined }, Error, "port undefined: expected 1 to 65535"],
		[{ address: "10.0.0.2", port: -1 }, RangeError, "port -1: expected 1 to 65535"],
		[{ address: "10.0.0.2", port: 65_536 }, RangeError, "port 65536: expected 1 to 65535"],
		[{ address: "10.0.0.2", port: 1.5 }, RangeError, "port 1.5: expected 1 to 65535"],
		[{ address: "10.0.0.2", port: Symbol.match }, TypeError, "port Symbol(Symbol.match): expected a number"],
		[{ address: "10.0.0.2", port: 80, onReadable: 1 }, TypeError, "onReadable 1: expected a function"],
		[{ address: "10.0.0.2", port: 80, format: "text" }, RangeError, 'format "text": expected "buffer" or "number"'],
		[{ address: "10.0.0.2", port: 80, noDelay: "yes" }, TypeError, 'noDelay "yes": expected true or false'],
		[{ address: "10.0.0.2", port: 80, keepAlive: -1 }, RangeError, "keepAlive -1: expected a whole number from 0"],
		[{ address: "10.0.0.2", port: 80, keepAlive: "yes" }, TypeError, 'keepAlive "yes": expected a number from 0'],
		[{ address: "10.0.0.2", port: 80, keepAlive: { idle: -1 } }, RangeError, "keepAlive.idle -1: expected a whole number from 0"],
		[
			{ address: "10.0.0.2", port: 80, keepAlive: { interval: 0 } },
			RangeError,
			"keepAlive.interval 0: expected a whole number from 1",
		],
		[
			{ address: "10.0.0.2", port: 80, keepAlive: { count: 0.5 } },
			RangeError,
			"keepAlive.count 0.5: expected a whole number from 1",
		],
		[{ address: "10.0.0.2", port: 80, linger: -1 }, RangeError, "linger -1: expected a whole number from 0"],
		[{ address: "10.0.0.2", port: 80, linger: "no" }, TypeError, 'linger "no": expected a number from 0'],
		[{ address: "2001:db8::1", port: 80 }, Error, "no route to the host"],
		[{ address: "fe80::1%eth9", port: 80 }, RangeError, 'there is no interface "eth9"; expected one of lo'],
		[{ address: "2001:db8:::1", port: 80 }, RangeError, "names need a resolver"],
		[{ address: "10.0.0.2", port: 80, ttl: 0 }, RangeError, "ttl 0: expected a whole number from 1 to 255"],
		[{ address: "10.0.0.2", port: 80, ttl: 256 }, RangeError, "ttl 256: expected a whole number from 1 to 255"],
		[{ address: "10.0.0.2", port: 80, ttl: "9" }, TypeError, 'ttl "9": expected a number from 1 to 255'],
		[{ address: "10.0.0.2", port: 80, userTimeout: -1 }, RangeError, "userTimeout -1: expected a whole number from 0"],
		[{ address: "10.0.0.2", port: 80, interface: "eth9" }, RangeError, 'interface "eth9": expected the name of an interface'],
	])("refuses %j", (options, kind, message) => {
		const p = pair();
		expect(() => new p.a.TCP(options as TCPOptions)).toThrow(kind as ErrorConstructor);
		expect(() => new p.a.TCP(options as TCPOptions)).toThrow(message as string);
		expect(p.one.stack.tcp.available).toBe(8);
	});

	it("carries 300,000 bytes both ways at once over a bad wire", () => {
		const p = pair({}, { loss: 0.02, duplicate: 0.01, reorder: 0.02, corrupt: 0.005 }, 7);
		const TOTAL = 300_000;
		const received = [0, 0];
		const wrong = [0, 0];
		const drive = (side: number, salt: number): TCPOptions => {
			let sent = 0;
			const out = new Uint8Array(700);
			const into = new Uint8Array(1000);
			return {
				onWritable(room) {
					while (room >= out.length && sent < TOTAL) {
						const size = Math.min(out.length, TOTAL - sent);
						for (let i = 0; i < size; i++) out[i] = (sent + i) * salt;
						room = this.write(out, 0, size);
						sent += size;
					}
				},
				onReadable() {
					for (let count = this.read(into); count !== undefined; count = this.read(into)) {
						for (let i = 0; i < count; i++) if (into[i] !== (((received[side]! + i) * (8 - salt)) & 255)) wrong[side]!++;
						received[side]! += count;
					}
				},
			};
		};
		connected(p, drive(0, 3), drive(1, 5));
		expect(p.world.until(() => received[0] === TOTAL && received[1] === TOTAL, 600_000)).toBe(true);
		expect(wrong).toEqual([0, 0]);
	});
});
