// What the desktop's XS host offers to programs: clocks, timers, watches, wires and files.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { end, file, folder, lines, run, start } from "./fixtures/host.ts";

let sockets = 0;

describe("host/system", () => {
	test("arguments, text with other letters, readFile and its error", async () => {
		const code = `system.print(JSON.stringify(system.args)); system.print(system.readFile(system.args[0]));
			try { system.readFile("/no/such"); } catch (e) { system.print(e.message); }
			try { system.readFile("/"); } catch (e) { system.print(e.message); }`;
		const path = file("Grüße, 日本", "text.txt");
		expect(await lines(code, { args: [path, "-x", "é"] })).toEqual([
			JSON.stringify([path, "-x", "é"]),
			"Grüße, 日本",
			"/no/such: No such file or directory",
			"/: Is a directory",
		]);
	});

	test("clocks, randomness and memory are plausible", async () => {
		const code = `import { host } from "multihome/host"; const draw = () => { const bytes = new Uint8Array(256); return host.entropy(bytes) ?? bytes.join(); }, a = system.now(), m = system.monotonicMicroseconds(), s = system.wallSeconds(), n = system.wallNanoseconds();
			system.print(JSON.stringify([a === (a | 0), m > 0, s, n >= 0 && n < 1e9, draw() !== draw() && draw().length > 500, system.memoryBytes() > 1e6]));`;
		const [isInt, isPositive, seconds, inRange, differ, memory] = JSON.parse((await lines(code))[0] as string);
		expect([isInt, isPositive, inRange, differ, memory]).toEqual([true, true, true, true, true]);
		expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(10);
	});
});

describe("host/loop", () => {
	test("timers run in the order of their time, ties in the order of arming; re-arming replaces; disarmed ones do not run", async () => {
		const code = `const say = (text) => loop.createTimer(() => system.print(text));
			const a = say("a"), b = say("b"), c = say("c"), d = say("d"), e = say("e");
			loop.armTimer(c, 30); loop.armTimer(a, 5); loop.armTimer(b, 15); loop.armTimer(d, 1); loop.disarmTimer(d);
			loop.armTimer(e, 0); loop.armTimer(e, 40); loop.destroyTimer(d);
			try { loop.armTimer(d, 1); } catch (error) { system.print(error.name); }`;
		expect(await lines(code)).toEqual(["RangeError", "a", "b", "c", "e"]);
	});

	test("a timer does not run early, and gets its number", async () => {
		const code = `const start = system.monotonicMicroseconds();
			const t = loop.createTimer((id) => system.print(String(id === t && system.monotonicMicroseconds() - start >= 20000)));
			loop.armTimer(t, 20);`;
		expect(await lines(code)).toEqual(["true"]);
	});

	test("promise jobs and deferred callbacks run right after their callback", async () => {
		const code = `const t = (n) => loop.createTimer(() => {
				Promise.resolve().then(() => system.print("promise " + n));
				loop.defer(() => system.print("deferred " + n));
				system.print("timer " + n);
			});
			loop.armTimer(t(1), 1); loop.armTimer(t(2), 1);
			const until = system.now() + 5; while (system.now() - until < 0);`;
		expect(await lines(code)).toEqual(["timer 1", "promise 1", "deferred 1", "timer 2", "promise 2", "deferred 2"]);
	});

	test("callbacks survive collections, and calling them allocates nothing", async () => {
		const code = `let n = 0, slots = 0, bytes = 0;
			const t = loop.createTimer(() => {
				if (n === 1) { heap.collect(); slots = heap.slotsAllocated(); bytes = heap.chunkBytesAllocated(); }
				if (++n < 100) loop.armTimer(t, 0);
				else { slots = heap.slotsAllocated() - slots; bytes = heap.chunkBytesAllocated() - bytes; system.print(slots + "," + bytes); }
			});
			loop.armTimer(t, 0);`;
		expect(await lines(code)).toEqual(["0,0"]);
	});

	test("a poll is called at once, when it answered, and when it is woken, not by a wish of its own", async () => {
		const code = `let n = 0, start = system.now();
			const said = (what) => system.print(what + (system.now() - start >= 20 ? " later" : " soon"));
			const driver = loop.drive((now) => {
				if (now !== (now | 0) || Math.abs(system.now() - now) > 1000) system.print("now is " + now);
				loop.wake(driver); // in its answer already
				said("poll " + ++n);
				if (n === 1) { const t = loop.createTimer(() => said("timer")); loop.armTimer(t, 0); return 0; }
				if (n === 2) { start = system.now(); return 20; }
				if (n === 3) { start = system.now(); const t = loop.createTimer(() => { said("woken"); loop.wake(driver); }); loop.armTimer(t, 25); return -1; }
				return -1;
			});`;
		expect(await lines(code)).toEqual([
			"poll 1 soon",
			"timer soon", // set within the poll, it comes before the next one
			"poll 2 soon",
			"poll 3 later",
			"woken later",
			"poll 4 later",
		]);
	});

	test("a poll that throws ends the process with what it threw, as a timer does", async () => {
		const child = start(`loop.drive(() => { throw new Error("no more"); });`);
		const { status, error } = await end(child);
		expect(status).not.toBe(0);
		expect(error).toContain("no more");
	});

	test("a watch reads a pipe until it is closed", async () => {
		const child = start(`const view = new DataView(new ArrayBuffer(16)); let text = "";
			const fd = wire.inheritFd(0, "bytes");
			loop.watch(fd, (fd, events) => {
				for (;;) {
					const n = wire.receive(fd, view, 4, 12);
					if (n === 0) return;
					if (n < 0) { wire.close(fd); system.print(text); return; }
					for (let i = 0; i < n; i++) text += String.fromCharCode(view.getUint8(4 + i));
				}
			});`);
		child.stdin?.write("one, ");
		setTimeout(() => child.stdin?.end("two and three"), 30);
		expect(await end(child)).toMatchObject({ status: 0, lines: ["one, two and three"], error: "" });
	});

	test("misuse throws", async () => {
		const code = `for (const f of [() => loop.createTimer(1), () => loop.drive(1), () => loop.wake(99), () => loop.watch(0, {}), () => loop.watch(0, () => {}, 1), () => loop.watch(77, () => {}), () => loop.setWatch(5, true, true),
			() => loop.defer(null), () => loop.watch(-1, () => {}), () => wire.receive(3, new Uint8Array(1), 0, 1)])
				try { f(); system.print("no error"); } catch (e) { system.print(e.name + ": " + e.message); }`;
		expect(await lines(code)).toEqual([
			"TypeError: createTimer: expected a function",
			"TypeError: drive: expected a function",
			"RangeError: timer 99: there is none",
			"TypeError: watch: expected a function",
			"TypeError: watch: expected a function",
			"Error: descriptor 77: not open",
			"RangeError: descriptor 5: not watched",
			"TypeError: defer: expected a function",
			"RangeError: descriptor -1: expected 0 to 1023",
			"RangeError: descriptor 3: carries no frames here",
		]);
	});
});

describe("host/wire", () => {
	/** A server on a UNIX socket; `serve` gets its one connection. */
	async function listen(serve: (socket: Socket) => void): Promise<{ server: Server; path: string }> {
		const path = join(folder, `socket${sockets++}`);
		const server = createServer(serve).listen(path);
		await once(server, "listening");
		return { server, path };
	}

	function framed(payload: Buffer): Buffer {
		const header = Buffer.alloc(4);
		header.writeUInt32BE(payload.length);
		return Buffer.concat([header, payload]);
	}

	/** A frame of `length` bytes that shows its number and is different at every place. */
	const numbered = (number: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => (number * 31 + i * 7) & 255));

	const echo = `const view = new DataView(new ArrayBuffer(4000));
		const fd = wire.connectStream(system.args[0]);
		let frames = 0, tooLong = 0;
		loop.watch(fd, (fd, events) => {
			for (;;) {
				const n = wire.receive(fd, view, 100, 1600);
				if (n === 0) return;
				if (n === -1) { wire.close(fd); system.print(frames + " frames, " + tooLong + " too long"); return; }
				if (n === -2) { tooLong++; continue; }
				frames++;
				if (wire.send(fd, view, 100, 100 + n) !== 1) throw new Error("no room");
			}
		});`;

	test.each([1, 3, 1000, 5000])("frames survive being split into pieces of %i bytes", async (piece) => {
		const lengths = piece === 1 ? [1, 60, 5] : [60, 1514, 1, 1600, 64, 1601, 3000, 42, 0, 99];
		const payloads = lengths.map((length, number) => numbered(number, length));
		const wanted = Buffer.concat(payloads.filter((payload) => payload.length > 0 && payload.length <= 1600).map(framed));
		let received = Buffer.alloc(0);
		const { server, path } = await listen(async (socket) => {
			socket.on("data", (bytes) => {
				received = Buffer.concat([received, bytes]);
				if (received.length >= wanted.length) socket.end();
			});
			const all = Buffer.concat(payloads.map(framed));
			for (let at = 0; at < all.length; at += piece) {
				socket.write(all.subarray(at, at + piece));
				await new Promise(setImmediate);
			}
		});
		const tooLong = lengths.filter((length) => length > 1600).length;
		const count = lengths.filter((length) => length > 0).length - tooLong;
		expect(await lines(echo, { args: [path] })).toEqual([`${count} frames, ${tooLong} too long`]);
		expect(received.equals(wanted)).toBe(true);
		server.close();
	});

	test("a reader that is slow stops the sender without losing frames", async () => {
		let received = Buffer.alloc(0);
		const { server, path } = await listen((socket) => {
			socket.on("data", (bytes) => (received = Buffer.concat([received, bytes])));
			socket.pause();
			setTimeout(() => socket.resume(), 100);
		});
		const code = `const view = new DataView(new ArrayBuffer(1500)); let sent = 0, waits = 0;
			const fd = wire.connectStream(system.args[0]);
			function more() {
				while (sent < 2000) {
					view.setUint32(0, sent);
					if (wire.send(fd, view, 0, 1500) === 0) { waits++; loop.setWatch(fd, false, true); return; }
					sent++;
				}
				loop.unwatch(fd);
				system.print(String(waits > 0));
			}
			loop.watch(fd, (fd, events) => { if (events & loop.WRITABLE) more(); });
			more();`;
		expect(await lines(code, { args: [path] })).toEqual(["true"]);
		server.close();
		await expect.poll(() => received.length).toBe(2000 * 1504);
		for (let i = 0; i < 2000; i++) expect(received.readUInt32BE(i * 1504 + 4)).toBe(i);
	});

	test("a peer that goes away does not end the process", async () => {
		const { server, path } = await listen((socket) => socket.destroy());
		const code = `const view = new Uint8Array(100), fd = wire.connectStream(system.args[0]); let result = 1;
			const t = loop.createTimer(() => {
				result = wire.send(fd, view, 0, 100);
				if (result === -1) system.print("closed " + wire.receive(fd, view, 0, 100)); else loop.armTimer(t, 1);
			});
			loop.armTimer(t, 10);`;
		expect(await lines(code, { args: [path] })).toEqual(["closed -1"]);
		server.close();
	});

	test("errors name the device, the path and the remedy", async () => {
		const code = `for (const f of [() => wire.connectStream("/no/such"), () => wire.openTap("much-too-long-a-name"), () => wire.inheritFd(99, "frame"),
				() => wire.inheritFd(0, "letters"), () => file.openWrite("/no/such/file")])
			try { f(); system.print("no error"); } catch (e) { system.print(e.message); }`;
		expect(await lines(code)).toEqual([
			"socket /no/such: No such file or directory; start the program that listens there first",
			"TAP device much-too-long-a-name: expected a name of 1 to 15 bytes",
			"descriptor 99: not open",
			"kind letters: expected frame, stream or bytes",
			"/no/such/file: No such file or directory",
		]);
		const tap = await run(`try { wire.openTap("tap-none"); system.print("ok"); } catch (e) { system.print(e.message); }`);
		expect(tap.lines[0]).toMatch(/^ok$|^TAP device tap-none: .*;/);
	});
});

describe("host/file", () => {
	test("many writes arrive in order; what is buffered is on disk after a second", async () => {
		const path = join(folder, "many.bin");
		const code = `const fd = file.openWrite(system.args[0]), view = new DataView(new ArrayBuffer(1000));
			for (let i = 0; i < 300; i++) { view.setUint32(0, i); file.write(fd, view, 0, 1000); }
			system.print("written"); loop.armTimer(loop.createTimer(() => { system.exit(0); }), 2000);`;
		const child = start(code, { args: [path] });
		const began = Date.now();
		await expect.poll(() => (existsSync(path) ? readFileSync(path).length : 0), { timeout: 1800 }).toBe(300_000);
		expect(Date.now() - began).toBeLessThan(1800);
		child.kill();
		const bytes = readFileSync(path);
		for (let i = 0; i < 300; i++) expect(bytes.readUInt32BE(i * 1000)).toBe(i);
	});
});
