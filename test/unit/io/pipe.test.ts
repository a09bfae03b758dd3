import { describe, expect, it } from "vitest";
import { pipe } from "../../../src/io/pipe.ts";
import type { TCP, TCPError, TCPOptions } from "../../../src/io/types.ts";
import { statusOf } from "../../../src/status/status.ts";
import { Prng } from "../../support/prng.ts";
import { connected, pair, type Pair } from "./pair.ts";

/** A client that sends `data`, reads `step` bytes every `everyMs` (all at once when 0), and shuts down when all is sent. */
class Client {
	readonly received: number[] = [];
	sent = 0;
	ended: TCPError | undefined = undefined;
	readonly socket: TCP;

	constructor(p: Pair, options: TCPOptions, data: Uint8Array, { step = 0, everyMs = 0, fin = true } = {}) {
		const take = (bytes: unknown) => {
			for (const byte of new Uint8Array((bytes as ArrayBuffer | undefined) ?? new ArrayBuffer(0))) this.received.push(byte);
		};
		this.socket = new p.a.TCP({
			...options,
			onWritable: (room) => {
				const size = Math.min(room, data.length - this.sent);
				if (size > 0) this.socket.write(data, this.sent, size);
				this.sent += size;
				if (this.sent === data.length && fin) {
					fin = false;
					this.socket.shutdown();
				}
			},
			...(everyMs === 0 && { onReadable: () => take(this.socket.read()) }),
			onError: () => (this.ended = this.socket.error),
		});
		if (everyMs === 0) return;
		const buffer = new Uint8Array(step);
		const slowly = () => {
			if (this.ended !== undefined) return;
			const bytes = this.socket.read(buffer);
			if (bytes !== undefined) take(buffer.slice(0, bytes).buffer);
			p.world.clock.after(everyMs, slowly);
		};
		p.world.clock.after(everyMs, slowly);
	}
}

function echo(p: Pair): { done: number; errors: string[] } {
	const told = { done: 0, errors: [] as string[] };
	new p.b.Listener({
		port: 7,
		onReadable() {
			for (let socket; (socket = this.read());)
				pipe(socket, socket, { onDone: () => told.done++, onError: (error) => told.errors.push(error) });
		},
	});
	return told;
}

/** On the second stack, port 80 leads to `port` of the first. */
function proxy(p: Pair, port: number): string[] {
	const told: string[] = [];
	const options = (way: string) => ({
		onDone: () => told.push(`${way} done`),
		onError: (error: string) => told.push(`${way} ${error}`),
	});
	new p.b.Listener({
		port: 80,
		onReadable() {
			for (let inner; (inner = this.read());) {
				const outer = new p.b.TCP({ address: "10.0.0.1", port });
				pipe(inner, outer, options("out"));
				pipe(outer, inner, options("in"));
			}
		},
	});
	return told;
}

function connections(p: Pair): string[] {
	return statusOf(p.two.stack)
		.sockets.filter(({ protocol, state }) => protocol === "tcp" && state !== "listen" && state !== "timeWait")
		.map(({ state }) => state);
}

const ECHO = { address: "10.0.0.2", port: 7 };

describe("an echo by a pipe", () => {
	it.each([
		[0, "fast", {}],
		[1, "fast", {}],
		[6000, "fast", {}],
		[20_000, "fast", {}],
		[1_000_000, "fast", {}],
		[20_000, "slow", { step: 700, everyMs: 300 }],
		[60_000, "slow, in gulps", { step: 5840, everyMs: 2000 }],
		[20_000, "deaf for a minute at a time", { step: 4000, everyMs: 60_000 }],
	])("sends %d bytes back to a %s client, and the end after them", (size, _name, pace) => {
		const p = pair();
		const told = echo(p);
		const data = new Prng(size + 1).bytes(size);
		const client = new Client(p, ECHO, data, pace);
		expect(p.world.until(() => client.ended !== undefined, 900_000)).toBe(true);
		expect(client.ended).toBe("closed");
		expect(client.received.length).toBe(size);
		expect(client.received).toEqual([...data]);
		client.socket.close();
		p.world.run(5000);
		expect(told).toEqual({ done: 1, errors: [] });
		expect(connections(p)).toEqual([]);
	});

	it("goes on through a network that loses and reorders", () => {
		const p = pair({}, { loss: 0.05, reorder: 0.05 }, 7);
		echo(p);
		const data = new Prng(5).bytes(60_000);
		const client = new Client(p, ECHO, data);
		expect(p.world.until(() => client.ended !== undefined, 900_000)).toBe(true);
		expect(client.received).toEqual([...data]);
	});

	it("ends, and tells why, when the client resets", () => {
		const p = pair();
		const told = echo(p);
		const client = new Client(p, ECHO, new Uint8Array(50_000), { step: 10, everyMs: 1_000_000 });
		p.world.run(5000);
		client.socket.close(); // unread: by RST
		p.world.run(5000);
		expect(told).toEqual({ done: 0, errors: ["reset"] });
		expect(connections(p)).toEqual([]);
	});

	it("serves connections that came together, and those whose data came before them", () => {
		const p = pair({ sockets: { tcp: 12 } });
		echo(p);
		const clients = Array.from({ length: 8 }, (_, i) => new Client(p, ECHO, new Prng(i).bytes(3000 + i)));
		expect(p.world.until(() => clients.every(({ ended }) => ended !== undefined), 60_000)).toBe(true);
		for (const [i, { received }] of clients.entries()) expect(received).toEqual([...new Prng(i).bytes(3000 + i)]);
	});
});

describe("a proxy by two pipes", () => {
	/** Accepts at port 9000 of the first stack. */
	function origin(p: Pair, serve: (socket: TCP) => void): void {
		new p.a.Listener({
			port: 9000,
			onReadable() {
				for (let socket; (socket = this.read());) serve(socket);
			},
		});
	}

	it.each([
		[100_000, {}],
		[30_000, { step: 900, everyMs: 400 }],
	])("carries %d bytes both ways, and either end", (size, pace) => {
		const p = pair({ sockets: { tcp: 12 } });
		const told = proxy(p, 9000);
		origin(p, (socket) => pipe(socket, socket));
		const data = new Prng(9).bytes(size);
		const client = new Client(p, { address: "10.0.0.2", port: 80 }, data, pace);
		expect(p.world.until(() => client.ended !== undefined, 900_000)).toBe(true);
		expect(client.ended).toBe("closed");
		expect(client.received).toEqual([...data]);
		client.socket.close();
		p.world.run(5000);
		expect(told).toEqual(["out done", "in done"]);
		expect(connections(p)).toEqual([]);
	});

	it("carries a half-close either way while the other half goes on", () => {
		const p = pair({ sockets: { tcp: 12 } });
		const told = proxy(p, 9000);
		const heard: number[] = [];
		let over: string | undefined;
		// The server speaks first, ends, and goes on listening.
		origin(p, (from) => {
			const socket = new p.a.TCP({
				from,
				onWritable() {
					if (this.target) return;
					this.target = true;
					this.write(Uint8Array.of(1, 2, 3));
					this.shutdown();
				},
				onReadable() {
					for (const byte of new Uint8Array(this.read() as ArrayBuffer)) heard.push(byte);
				},
				onError() {
					over = this.error;
				},
			});
			void socket;
		});
		const client = new Client(p, { address: "10.0.0.2", port: 80 }, new Uint8Array(0), { fin: false });
		expect(p.world.until(() => client.ended !== undefined, 10_000)).toBe(true);
		expect(client.received).toEqual([1, 2, 3]);
		expect(told).toEqual(["in done"]);
		client.socket.write(Uint8Array.of(4, 5));
		p.world.run(500);
		expect(heard).toEqual([4, 5]);
		client.socket.shutdown();
		expect(p.world.until(() => over !== undefined, 10_000)).toBe(true);
		expect(over).toBe("closed");
		expect(told).toEqual(["in done", "out done"]);
	});

	it("resets the client when the server fails, so that it does not take a part for the whole", () => {
		const p = pair({ sockets: { tcp: 12 } });
		const told = proxy(p, 9000);
		let server: TCP | undefined;
		origin(p, (socket) => (server = socket));
		const client = new Client(p, { address: "10.0.0.2", port: 80 }, new Uint8Array(2000), { fin: false });
		p.world.run(3000);
		server!.write(new Uint8Array(100));
		server!.close(); // unread: by RST
		expect(p.world.until(() => client.ended !== undefined, 10_000)).toBe(true);
		expect(client.ended).toBe("reset");
		expect(told.sort()).toEqual(["in reset", "out reset"]);
		expect(connections(p)).toEqual([]);
	});

	it("resets the client when nobody serves behind it, what it sent and its end having come before", () => {
		const p = pair({ sockets: { tcp: 12 } });
		const told = proxy(p, 9001);
		const client = new Client(p, { address: "10.0.0.2", port: 80 }, new Uint8Array(5));
		expect(p.world.until(() => client.ended !== undefined, 10_000)).toBe(true);
		expect(told.sort()).toEqual(["in refused", "out refused"]);
		expect(connections(p)).toEqual([]);
	});

	it("hands on an end that came before the other connection stood", () => {
		const p = pair({ sockets: { tcp: 12 } }, { delayMs: 50 });
		proxy(p, 9000);
		let over = false;
		const heard: number[] = [];
		origin(p, (from) => {
			new p.a.TCP({
				from,
				onReadable() {
					for (const byte of new Uint8Array(this.read() as ArrayBuffer)) heard.push(byte);
				},
				onError() {
					over = true;
					this.close();
				},
			});
		});
		new Client(p, { address: "10.0.0.2", port: 80 }, Uint8Array.of(7));
		expect(p.world.until(() => over, 10_000)).toBe(true);
		expect(heard).toEqual([7]);
	});
});

describe("one pipe", () => {
	it("leaves the other direction to the program, and both sockets when it is done", () => {
		const p = pair({ sockets: { tcp: 12 } });
		const events: string[] = [];
		const one = connected(
			p,
			{ onReadable: () => events.push("from's peer heard") },
			{ onError: () => events.push("from ended") },
		);
		let sink: TCP | undefined;
		new p.a.Listener({
			port: 9000,
			onReadable() {
				sink = this.read();
			},
		});
		const to = new p.b.TCP({
			address: "10.0.0.1",
			port: 9000,
			onReadable() {
				events.push(`to read ${new Uint8Array(this.read() as ArrayBuffer).length}`);
			},
			onError: () => events.push("to ended"),
		});
		pipe(one.server, to, { onDone: () => events.push("done") });
		one.client.write(Uint8Array.of(1, 2));
		p.world.run(1000);
		expect(new Uint8Array(sink!.read() as ArrayBuffer)).toEqual(Uint8Array.of(1, 2));
		sink!.write(new Uint8Array(3));
		one.server.write(new Uint8Array(1));
		p.world.run(1000);
		one.client.shutdown();
		p.world.run(1000);
		sink!.close();
		p.world.run(1000);
		expect(events).toEqual(["from's peer heard", "to read 3", "done", "from ended", "to ended"]);
		one.server.close();
		to.close();
		p.world.run(1000);
		expect(connections(p)).toEqual([]);
	});

	it("is done when its sender ends after the program has shut its receiver down", () => {
		const p = pair({ sockets: { tcp: 12 } });
		const told: string[] = [];
		const one = connected(p, {}, { onError: () => told.push("from ended") });
		new p.a.Listener({ port: 9000, onReadable() {} });
		const to = new p.b.TCP({ address: "10.0.0.1", port: 9000 });
		pipe(one.server, to, { onDone: () => told.push("done"), onError: (error) => told.push(error) });
		p.world.run(1000);
		to.shutdown();
		one.client.shutdown();
		p.world.run(1000);
		expect(told).toEqual(["done", "from ended"]);
	});

	it("closes the other socket when the program closes one", () => {
		for (const which of [0, 1]) {
			const p = pair({ sockets: { tcp: 12 } });
			const one = connected(p);
			new p.a.Listener({ port: 9000, onReadable() {} });
			const to = new p.b.TCP({ address: "10.0.0.1", port: 9000 });
			pipe(one.server, to);
			pipe(to, one.server);
			p.world.run(1000);
			[one.server, to][which]!.close();
			p.world.run(1000);
			expect(connections(p).filter((state) => state === "established")).toEqual([]);
			expect(() => one.server.remoteAddress).toThrow("it is closed");
			expect(() => to.remoteAddress).toThrow("it is closed");
		}
	});

	it("reports what its callback throws, and ends", () => {
		const p = pair();
		const thrown: unknown[] = [];
		p.two.stack.events.onError = (error) => thrown.push((error as Error).message);
		new p.b.Listener({
			port: 7,
			onReadable() {
				const socket = this.read()!;
				pipe(socket, socket, {
					onDone() {
						throw new Error("mistake");
					},
				});
			},
		});
		new Client(p, ECHO, new Uint8Array(10));
		p.world.run(5000);
		expect(thrown).toEqual(["mistake"]);
	});

	it("refuses what is no open TCP, and a second pipe of the same direction", () => {
		const p = pair();
		const { client, server } = connected(p);
		expect(() => pipe({} as TCP, server)).toThrow(SyntaxError);
		expect(() => pipe(server, undefined as unknown as TCP)).toThrow(SyntaxError);
		pipe(server, server);
		expect(() => pipe(server, server)).toThrow("it has a pipe already");
		client.close();
		p.world.run(1000);
		expect(() => pipe(server, server)).toThrow("it is closed");
	});
});
