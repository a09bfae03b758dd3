// The table of devices in C (src/device/native) on XS: a device that answers what the test says, a full table, and the desktop's own device.

import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { end, folder, lines, start } from "./fixtures/host.ts";

const IMPORTS = `import { deviceLinkUp, deviceReceive, deviceService, deviceTransmit } from "multihome/codec"; import { allocate } from "multihome/memory";
	import * as devices from "test/devices"; import { Frames } from "host/frames";
	const view = new DataView(allocate(8192)), say = (...values) => system.print(values.join(" "));`;

/** Places in the table. */
const PLACES = 64;

describe("the table of devices in C", () => {
	test("a device has the frames, the packet and the answers that go by its number", async () => {
		const code = `${IMPORTS}
			const a = devices.add(7), b = devices.add(8);
			say(a > 0, b > 0, a !== b);
			devices.answer(60, 0, 0);
			say(deviceReceive(view, a, 100, 1500), view.getUint8(99), view.getUint8(100), view.getUint8(159), view.getUint8(160));
			say(deviceReceive(view, b, 100, 60), view.getUint8(100), view.getUint8(159));
			view.setUint8(200, 77);
			for (const sent of [0, 1, 2]) {
				devices.answer(0, sent, sent);
				say(deviceReceive(view, a, 0, 100), deviceTransmit(view, b, 40 + sent, 200, 300 + sent), devices.packet(), devices.bytes(), devices.first(), deviceLinkUp(view, a));
			}`;
		expect(await lines(code)).toEqual([
			"true true true",
			"60 0 7 7 0",
			"60 8 8",
			"0 0 40 100 77 false",
			"0 1 41 101 77 true",
			"0 2 42 102 77 true",
		]);
	});

	test("a frame is lost when the device says so in whatever way, or tells more bytes than there is room for", async () => {
		const code = `${IMPORTS}
			const a = devices.add(7);
			for (const length of [-1, -3, -0x80000000, 101, 0x7fffffff, -2]) {
				devices.answer(length, 0, 0);
				say(deviceReceive(view, a, 0, 100));
			}
			devices.answer(100, 0, 0);
			say(deviceReceive(view, a, 0, 100));`;
		expect(await lines(code)).toEqual(["-1", "-1", "-1", "-1", "-1", "-2", "100"]);
	});

	test("time passes for a device that wants to know it, which answers when it wants to know it again", async () => {
		const code = `${IMPORTS}
			const a = devices.add(7), b = devices.addServiced(8);
			for (const [wait, now] of [[0, 5], [100, -1], [0x7fffffff, 0x7fffffff], [-1, -0x80000000], [-2, 6], [-0x80000000, 7]]) {
				devices.wait(wait);
				say(deviceService(view, b, now), devices.time());
			}
			say(deviceService(view, a, 8), devices.time());
			devices.remove(b);
			say(deviceService(view, b, 9), devices.time());`;
		expect(await lines(code)).toEqual([
			"0 5",
			"100 -1",
			"2147483647 2147483647",
			"-1 -2147483648",
			"-1 6",
			"-1 7",
			"-2 7",
			"-2 7",
		]);
	});

	test(`it has ${PLACES} places; a full one has none for another, and a number that was removed goes to the next`, async () => {
		const code = `${IMPORTS}
			const numbers = [];
			for (let number; (number = devices.add(numbers.length)) !== 0; ) numbers.push(number);
			say(numbers.length, new Set(numbers).size, Math.min(...numbers), Math.max(...numbers), devices.addNone());
			devices.answer(10, 0, 1);
			say(numbers.every((number, i) => deviceReceive(view, number, 0, 100) === 10 && view.getUint8(9) === i));
			const gone = numbers[20];
			for (const none of [0, -1, ${PLACES + 1}, 0x7fffffff, -0x80000000]) devices.remove(none);
			devices.remove(gone);
			say(deviceReceive(view, gone, 0, 100), deviceTransmit(view, gone, 0, 0, 100), deviceLinkUp(view, gone));
			devices.remove(gone);
			say(devices.add(99) === gone, devices.add(99), deviceReceive(view, gone, 0, 100), view.getUint8(0));
			say(numbers.every((number) => deviceLinkUp(view, number)));`;
		expect(await lines(code)).toEqual([`${PLACES} ${PLACES} 1 ${PLACES} 0`, "true", "0 2 false", "true 0 10 99", "true"]);
	});
});

describe("host/frames", () => {
	let sockets = 0;

	/** A server on a UNIX socket; `serve` gets its one connection. */
	async function listen(serve: (socket: Socket) => void): Promise<{ server: Server; path: string }> {
		const path = join(folder, `frames${sockets++}`);
		const server = createServer(serve).listen(path);
		await once(server, "listening");
		return { server, path };
	}

	/** A frame of that many bytes, each of them `mark`, as it is on the stream. */
	function framed(mark: number, length: number): Buffer {
		const bytes = Buffer.alloc(4 + length, mark);
		bytes.writeUInt32BE(length);
		return bytes;
	}

	/** Takes every frame to 100, at most 1514 bytes, and sends it back; says what was lost, and when the other end is gone. */
	const echo = (receive: string, transmit: string, linkUp: string) => `${IMPORTS}
		const fd = wire.connectStream(system.args[0]), frames = new Frames(fd);
		frames.bind(view);
		const { native } = frames;
		say(native > 0, ${linkUp});
		const sent = [];
		loop.watch(fd, (fd, events) => {
			for (let n; (n = ${receive}) !== 0; ) {
				if (n < 0) say("lost");
				else sent.push(n, ${transmit});
			}
			if (events & loop.CLOSED || !frames.linkUp) {
				frames.unplug();
				loop.setWatch(fd, false, false);
				say(sent.join(), ${linkUp}, frames.count(0), frames.count(1));
				frames.close();
				say(frames.native, frames.linkUp, deviceReceive(view, native, 0, 100), deviceTransmit(view, native, 0, 0, 100), deviceLinkUp(view, native));
			}
		});`;

	test.each([
		["its methods", "frames.receive(100, 1514)", "frames.transmit(0, 100, 100 + n)", "frames.linkUp"],
		[
			"its number",
			"deviceReceive(view, native, 100, 1514)",
			"deviceTransmit(view, native, 0, 100, 100 + n)",
			"deviceLinkUp(view, native)",
		],
	])("passes frames by %s, until the other end is gone", async (_name, ...calls) => {
		let received = Buffer.alloc(0);
		const wanted = Buffer.concat([framed(1, 60), framed(3, 1514)]);
		const { server, path } = await listen((socket) => {
			socket.on("data", (bytes) => {
				received = Buffer.concat([received, bytes]);
				if (received.length >= wanted.length) socket.end();
			});
			socket.write(Buffer.concat([framed(1, 60), framed(2, 1515), framed(3, 1514)]));
		});
		expect(await lines(echo(...(calls as [string, string, string])), { args: [path] })).toEqual([
			"true true",
			"lost",
			"60,0,1514,0 false 1 0",
			"0 false 0 2 false",
		]);
		expect(received.equals(wanted)).toBe(true);
		server.close();
	});

	test("is busy by its number when the other end is slow, and tells when it is not", async () => {
		let received = 0;
		const { server, path } = await listen((socket) => {
			socket.on("data", (bytes) => (received += bytes.length));
			socket.pause();
			setTimeout(() => socket.resume(), 100);
		});
		const code = `${IMPORTS}
			const fd = wire.connectStream(system.args[0]), frames = new Frames(fd);
			frames.bind(view);
			let sent = 0;
			function more() {
				for (; sent < 2000; sent++) if (deviceTransmit(view, frames.native, 0, 0, 1500) === 2) return;
				say(frames.count(1) > 0);
				loop.unwatch(fd); // what is buffered goes out before the program ends
			}
			loop.watch(fd, (fd, events) => { if (events & loop.WRITABLE) { loop.setWatch(fd, true, false); more(); } });
			more();`;
		expect(await lines(code, { args: [path] })).toEqual(["true"]);
		server.close();
		await expect.poll(() => received).toBe(2000 * 1504);
	});

	test("has no number when the table is full, and works by its methods", async () => {
		const { server, path } = await listen((socket) => void socket.write(framed(5, 60)));
		const code = `${IMPORTS}
			while (devices.add(0) !== 0);
			const fd = wire.connectStream(system.args[0]), frames = new Frames(fd);
			frames.bind(view);
			say(frames.native, frames.linkUp);
			loop.watch(fd, () => { say(frames.receive(0, 100), view.getUint8(59)); frames.close(); devices.answer(0, 0, 1); say(deviceLinkUp(view, 64)); });`;
		expect(await lines(code, { args: [path] })).toEqual(["0 true", "60 5", "true"]);
		server.close();
	});

	test("misuse throws", async () => {
		const { server, path } = await listen(() => {});
		const code = `${IMPORTS}
			const frames = new Frames(wire.connectStream(system.args[0]));
			const attempts = [() => new Frames(3000), () => new Frames(-1), () => frames.receive(0, 1), () => Frames.prototype.receive(0, 1), () => frames.count(2)];
			const bound = [() => frames.receive(8000, 193), () => frames.transmit(0, 10, 9), () => frames.transmit(0, 5, 5), () => frames.transmit(0, 8000, 8193)];
			const closed = [() => frames.receive(0, 1), () => frames.transmit(0, 0, 1), () => frames.bind(view)];
			const all = (list) => { for (const f of list) try { f(); say("no error"); } catch (e) { say(e.name + ": " + e.message); } };
			all(attempts); frames.bind(view); all(bound); frames.close(); frames.close(); all(closed); say(frames.count(0));`;
		const ended = await end(start(code, { args: [path] }));
		expect(ended.error).toBe("");
		expect(ended.lines).toEqual([
			"RangeError: descriptor 3000: carries no frames here",
			"RangeError: descriptor -1: carries no frames here",
			"RangeError: 1 bytes from 0 on: expected them within 0 to 0",
			"Error: this is no device",
			"RangeError: 1 bytes from 2 on: expected them within 0 to 2",
			"RangeError: 193 bytes from 8000 on: expected them within 0 to 8192",
			"RangeError: bytes 10 to 9: expected them within 0 to 8192",
			"RangeError: frame of 0 bytes: expected 1 to 131068",
			"RangeError: bytes 8000 to 8193: expected them within 0 to 8192",
			"Error: the device is closed",
			"Error: the device is closed",
			"Error: the device is closed",
			"0",
		]);
		server.close();
	});
});
