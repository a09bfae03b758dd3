import { ipText } from "../../support/frames.ts";
import { describe, expect, it } from "vitest";
import type { UDPOptions } from "../../../src/io/io.ts";
import { statusOf } from "../../../src/status/status.ts";
import { ascii, pair, text } from "./pair.ts";

describe("UDP", () => {
	it("reads datagrams that carry their sender", () => {
		const p = pair();
		const counts: number[] = [];
		const server = new p.b.UDP({ port: 53, onReadable: (count) => counts.push(count) });
		const client = new p.a.UDP({ port: 1234 });
		expect(server.read()).toBeUndefined();
		client.write(ascii("one"), "10.0.0.2", 53);
		client.write(ascii("xtwo").subarray(1), "10.0.0.2", 53);
		expect(counts).toEqual([]);
		p.world.run(3000);
		expect(counts.pop()).toBe(2);
		const first = server.read()!;
		expect(first instanceof ArrayBuffer).toBe(true);
		expect([text(first), first.address, first.port]).toEqual(["one", "10.0.0.1", 1234]);
		expect(text(server.read())).toBe("two");
		expect(server.read()).toBeUndefined();
		server.write(first, first.address, first.port);
		p.world.run(100);
		expect(text(client.read())).toBe("one");
	});

	it("reads into a buffer, which carries the sender then, and answers the bytes copied", () => {
		const p = pair();
		const server = new p.b.UDP({ port: 53 });
		const client = new p.a.UDP({ port: 1234 });
		client.write(ascii("a long datagram"), "10.0.0.2", 53);
		client.write(ascii("short"), "10.0.0.2", 53, 2);
		client.write(new ArrayBuffer(0), "10.0.0.2", 53);
		p.world.run(3000);
		const buffer: Uint8Array & { address?: string; port?: number } = new Uint8Array(6);
		expect(server.read(buffer)).toBe(6);
		expect([text(buffer), buffer.address, buffer.port]).toEqual(["a long", "10.0.0.1", 1234]);
		expect(server.read(buffer)).toBe(2);
		expect(text(buffer)).toBe("shlong");
		expect(server.read(buffer)).toBe(0);
		expect(server.read(buffer)).toBeUndefined();
	});

	it("takes the order of arguments of Moddable's implementations as well", () => {
		const p = pair();
		const server = new p.b.UDP({ port: 53 });
		const client = new p.a.UDP({});
		client.write("10.0.0.2", 53, ascii("old order"));
		p.world.run(3000);
		expect(text(server.read())).toBe("old order");
	});

	it("answers the right one of many peers", () => {
		const p = pair({ packets: 64 });
		const segment = p.world.segments[0]!;
		const answers: string[] = [];
		const server = new p.b.UDP({
			port: 7,
			onReadable() {
				const buffer: Uint8Array & { address?: string; port?: number } = new Uint8Array(64);
				for (let n = this.read(buffer); n !== undefined; n = this.read(buffer))
					this.write(buffer, buffer.address!, buffer.port!, n);
			},
		});
		const link = p.one.ethernet("eth1", segment.port({ mac: 9 }));
		for (let round = 0; round < 3; round++) {
			for (let i = 3; i < 12; i++) {
				const entry = link.ip.insertAddress(ipText((10 << 24) | i), 24);
				const client = new p.a.UDP({ address: `10.0.0.${i}`, interface: "eth1" });
				client.write(ascii(`from ${i}`), "10.0.0.2", 7);
				p.world.run(2500);
				const datagram = client.read();
				answers.push(datagram ? `${i} ${text(datagram)} ${datagram.address}` : `${i} nothing`);
				client.close();
				link.removeAddress(entry);
			}
		}
		expect(answers.filter((line) => !/^(\d+) from \1 10\.0\.0\.2$/.test(line))).toEqual([]);
		server.close();
	});

	it("binds to its address, which it sends from as well", () => {
		const p = pair();
		p.two.stack.interfaces.find("eth0")!.ip.insertAddress(ipText((10 << 24) | 22), 24);
		const server = new p.b.UDP({ port: 53, address: "10.0.0.22" });
		expect([server.address, server.port]).toEqual(["10.0.0.22", 53]);
		const client = new p.a.UDP({});
		expect(client.port).toBeGreaterThanOrEqual(49_152);
		client.write(ascii("to the other address"), "10.0.0.2", 53);
		client.write(ascii("here"), "10.0.0.22", 53);
		p.world.run(3000);
		const datagram = server.read()!;
		expect(text(datagram)).toBe("here");
		expect(server.read()).toBeUndefined();
		server.write(datagram, datagram.address, datagram.port);
		p.world.run(3000);
		expect(client.read()!.address).toBe("10.0.0.22");
	});

	it("keeps the datagrams that fit its queue, and counts the others", () => {
		// The smallest ring has 1,520 bytes: seven datagrams of 170 bytes, with 40 and padding each.
		const p = pair({ packets: 64, sockets: { receiveBuffer: 1000 } });
		const server = new p.b.UDP({ port: 53 });
		const client = new p.a.UDP({});
		client.write(ascii("first, for ARP"), "10.0.0.2", 53);
		p.world.run(3000);
		while (server.read());
		for (let i = 0; i < 12; i++) client.write(new Uint8Array(170).fill(i), "10.0.0.2", 53);
		p.world.run(100);
		const got: number[] = [];
		for (let datagram = server.read(); datagram; datagram = server.read()) got.push(new Uint8Array(datagram)[0]!);
		expect(got).toEqual([0, 1, 2, 3, 4, 5, 6]);
		expect(statusOf(p.two.stack).interfaces[1]!.drops.udpQueueFull).toBe(5);
	});

	it("throws for what cannot be sent", () => {
		const p = pair();
		const client = new p.a.UDP({});
		const write = client.write as (...args: unknown[]) => void;
		const data = new ArrayBuffer(4);
		const attempt =
			(...args: unknown[]) =>
			() =>
				write.apply(client, args);
		expect(attempt(data, "10.0.0", 5)).toThrow('address "10.0.0": expected an IP address');
		expect(attempt(data, undefined, 5)).toThrow("address undefined: expected an IP address as a string");
		expect(attempt(data, "10.0.0.2", 0)).toThrow("port 0: expected 1 to 65535");
		expect(attempt(data, "10.0.0.2", 65_536)).toThrow(RangeError);
		expect(attempt("10.0.0.2", Symbol("p"), data)).toThrow(TypeError);
		expect(attempt(Symbol("a"), 5, data)).toThrow(TypeError);
		expect(attempt("10.0.0.2", 5, Symbol("d"))).toThrow(TypeError);
		expect(attempt(data, "10.0.0.2", 5, 5)).toThrow("part of 5 bytes at 0: expected it within the 4 bytes of the buffer");
		expect(attempt(new ArrayBuffer(65_508), "10.0.0.2", 5)).toThrow("datagram of 65508 bytes: expected at most ");
		expect(attempt(data, "8.8.8.8", 5)).toThrow("no route");
	});

	it("sends the beginning of a buffer, to a peer that is known as to one that is not", () => {
		const p = pair();
		const server = new p.b.UDP({ port: 7 });
		const client = new p.a.UDP({});
		const data = ascii("abcd");
		for (let i = 0; i < 2; i++) {
			for (const length of [4, 3, 0]) client.write(data, "10.0.0.2", 7, length);
			for (const length of [5, -1, 0.5, 2 ** 32, 2 ** 32 + 1, 0x7fffffff])
				expect(() => client.write(data, "10.0.0.2", 7, length), `${length} bytes`).toThrow(RangeError);
			p.world.run(50);
			for (const wanted of ["abcd", "abc", ""]) expect(text(server.read())).toBe(wanted);
			expect(server.read()).toBeUndefined();
		}
	});

	it("throws after close, which may be repeated, and gives its port back", () => {
		const p = pair();
		const socket = new p.a.UDP({ port: 53 });
		expect(() => new p.a.UDP({ port: 53 })).toThrow("UDP port 53 is in use");
		socket.close();
		socket.close();
		expect(() => socket.read()).toThrow(SyntaxError);
		expect(() => socket.write(new ArrayBuffer(1), "10.0.0.2", 5)).toThrow(SyntaxError);
		new p.a.UDP({ port: 53 });
	});

	it("ends with its interface, and tells", () => {
		const p = pair();
		let errors = 0;
		const socket = new p.a.UDP({ port: 53, interface: "eth0", onError: () => errors++ });
		p.one.stack.interfaces.remove(p.one.stack.interfaces.find("eth0")!);
		p.world.run(10);
		expect(errors).toBe(1);
		socket.close();
	});

	it("closes the socket of a callback that throws, and reports it", () => {
		const p = pair();
		const reported: unknown[] = [];
		p.two.stack.events.onError = (error) => reported.push(error);
		const server = new p.b.UDP({
			port: 53,
			onReadable() {
				throw new Error("mistake");
			},
		});
		const client = new p.a.UDP({});
		client.write(ascii("x"), "10.0.0.2", 53);
		p.world.run(3000);
		expect(reported.map(String)).toEqual(["Error: mistake"]);
		expect(() => server.read()).toThrow(SyntaxError);
	});

	it.each([
		[{ port: 65_536 }, RangeError, "port 65536: expected 0 to 65535"],
		[{ format: "number" }, RangeError, 'format "number": expected "buffer"'],
		[{ onReadable: "no" }, TypeError, 'onReadable "no": expected a function'],
	])("refuses %j", (options, kind, message) => {
		const p = pair();
		expect(() => new p.a.UDP(options as UDPOptions)).toThrow(kind as ErrorConstructor);
		expect(() => new p.a.UDP(options as UDPOptions)).toThrow(message as string);
	});
});
