// What programs rely on of ECMA-419's sockets as Moddable has them, sentence by sentence; what tcp.test.ts, listener.test.ts and udp.test.ts do not say already.

import { describe, expect, it } from "vitest";
import type { Bytes, TCP } from "../../../src/io/types.ts";
import { ascii, connected, pair, text } from "./pair.ts";

describe("no callback runs inside a constructor or method", () => {
	it("of a Listener or UDP, even when there is something to tell at once", () => {
		const p = pair();
		let inside = true;
		let calls = 0;
		const outside = () => {
			calls++;
			expect(inside).toBe(false);
		};
		const listener = new p.a.Listener({ port: 80, onReadable: outside });
		const socket = new p.a.UDP({ port: 7, onReadable: outside });
		socket.write(ascii("x"), "127.0.0.1", 7);
		socket.add("239.1.1.1");
		socket.read();
		new p.a.TCP({ address: "127.0.0.1", port: 80, onWritable: outside, onError: outside });
		listener.read();
		expect(calls).toBe(0);
		inside = false;
		p.world.run(100);
		expect(calls).toBe(3);
	});

	it("of a callback's own: what it causes comes in another turn", () => {
		const p = pair();
		let depth = 0;
		let deepest = 0;
		let calls = 0;
		const socket = new p.a.UDP({
			port: 7,
			onReadable(count) {
				deepest = Math.max(deepest, ++depth);
				calls++;
				for (; count > 0; count--) this.read();
				if (calls < 5) this.write(ascii("x"), "127.0.0.1", 7);
				depth--;
			},
		});
		socket.write(ascii("x"), "127.0.0.1", 7);
		p.world.run(100);
		expect([calls, deepest]).toEqual([5, 1]);
	});
});

describe("callbacks are coalesced", () => {
	it("several datagrams, connections or segments become one call with their number", () => {
		const p = pair();
		const calls: string[] = [];
		new p.b.UDP({ port: 7, onReadable: (count) => calls.push(`${count} datagrams`) });
		new p.b.Listener({ port: 80, onReadable: (count) => calls.push(`${count} connections`) });
		const sender = new p.a.UDP({});
		for (let i = 0; i < 3; i++) sender.write(ascii("x"), "10.0.0.2", 7);
		p.world.run(100);
		for (let i = 0; i < 3; i++) new p.a.TCP({ address: "10.0.0.2", port: 80 });
		p.world.run(100);
		expect(calls).toEqual(["3 datagrams", "3 connections"]);
	});

	it("in the order readable, writable, error, also to an instance that takes a connection over", () => {
		const p = pair();
		const { client, server } = connected(p);
		server.write(ascii("all that there is"));
		server.close();
		p.world.run(100);
		const calls: string[] = [];
		const Class = client.constructor as new (options: object) => TCP;
		new Class({
			from: client,
			onReadable(this: TCP, bytes: number) {
				calls.push(`readable ${bytes}`);
				expect(text(this.read())).toBe("all that there is");
			},
			onWritable: () => calls.push("writable"),
			onError: () => calls.push("error"),
		});
		expect(() => client.read()).toThrow(SyntaxError);
		p.world.run(100);
		expect(calls).toEqual(["readable 17", "writable", "error"]);
	});
});

describe("onError", () => {
	it("of the peer's FIN comes after the last byte was read in format number as well", () => {
		const p = pair();
		let ended = false;
		const { client, server } = connected(p, {
			format: "number",
			onError() {
				ended = true;
			},
		});
		server.write(ascii("abc"));
		server.close();
		p.world.run(500);
		for (const letter of ["a", "b", "c"]) {
			expect(ended).toBe(false);
			expect(client.read()).toBe(letter.charCodeAt(0));
			p.world.run(100);
		}
		expect(ended).toBe(true);
		expect(client.error).toBe("closed");
		expect(client.read()).toBeUndefined();
	});
});

describe("a byte read at a time", () => {
	it("opens the window again, so that any number of bytes come", () => {
		const p = pair({ sockets: { receiveBuffer: 2920 } });
		const total = 20_000;
		let sent = 0;
		const { server } = connected(
			p,
			{
				onWritable(room) {
					const bytes = new Uint8Array(Math.min(room, total - sent));
					for (let i = 0; i < bytes.length; i++) bytes[i] = sent++ & 255;
					if (bytes.length > 0) this.write(bytes);
				},
			},
			{ format: "number" },
		);
		let received = 0;
		let wrong = 0;
		const done = p.world.until(() => {
			for (let byte = server.read(); byte !== undefined; byte = server.read()) if (byte !== (received++ & 255)) wrong++;
			return received === total;
		}, 60_000);
		expect([done, received, wrong]).toEqual([true, total, 0]);
	});

	it("may alternate with buffers: the format says which", () => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(ascii("GET / HTTP"));
		p.world.run(50);
		server.format = "number";
		expect(server.format).toBe("number");
		expect([server.read(), server.read(4), server.read(new Uint8Array(2))]).toEqual([71, 69, 84]);
		server.format = "number";
		expect(server.read()).toBe(32);
		server.format = "buffer";
		server.format = "buffer";
		expect(text(server.read(2))).toBe("/ ");
		server.format = "number";
		expect(server.write(10)).toBe(5839);
		server.format = "buffer";
		expect(server.write(ascii("x"))).toBe(5838);
		p.world.run(50);
		expect(text(client.read())).toBe("\nx");
	});
});

describe("buffers may be an ArrayBuffer or any view of bytes", () => {
	const buffer = () => Uint8Array.from([0, 0, 1, 2, 3, 4, 0, 0]).buffer;
	const VIEWS: [string, () => Bytes][] = [
		["ArrayBuffer", () => buffer().slice(2, 6)],
		["SharedArrayBuffer", shared],
		["Uint8Array", () => new Uint8Array(buffer(), 2, 4)],
		["Int8Array", () => new Int8Array(buffer(), 2, 4)],
		["Uint8ClampedArray", () => new Uint8ClampedArray(buffer(), 2, 4)],
		["DataView", () => new DataView(buffer(), 2, 4)],
	];

	function shared(): Bytes {
		const made = new SharedArrayBuffer(4);
		new Uint8Array(made).set([1, 2, 3, 4]);
		return made as unknown as ArrayBuffer;
	}

	/** Everything below the view. */
	function bytesBelow(view: Bytes): number[] {
		const below = ArrayBuffer.isView(view) ? view.buffer : view;
		return [...new Uint8Array(below)];
	}

	it.each(VIEWS)("%s: written, and filled whole and nothing beside it", (_name, make) => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(make());
		client.write(ascii("efghi"));
		p.world.run(50);
		expect(server.read(4)).toEqual(Uint8Array.from([1, 2, 3, 4]).buffer);
		const target = make();
		expect(server.read(target)).toBe(4);
		const below = bytesBelow(target);
		expect(below.slice(below.length === 8 ? 2 : 0).slice(0, 4)).toEqual([101, 102, 103, 104]);
		if (below.length === 8) expect([...below.slice(0, 2), ...below.slice(6)]).toEqual([0, 0, 0, 0]);
		expect(text(server.read())).toBe("i");
	});

	it.each(VIEWS)("%s: of UDP", (_name, make) => {
		const p = pair();
		const socket = new p.b.UDP({ port: 7 });
		const sender = new p.a.UDP({});
		sender.write(make(), "10.0.0.2", 7);
		sender.write(ascii("efghi"), "10.0.0.2", 7);
		p.world.run(50);
		expect([...new Uint8Array(socket.read()!)]).toEqual([1, 2, 3, 4]);
		const target = make() as Bytes & { address?: string };
		expect(socket.read(target)).toBe(4);
		expect(target.address).toBe("10.0.0.1");
		const below = bytesBelow(target);
		expect(below.slice(below.length === 8 ? 2 : 0).slice(0, 4)).toEqual([101, 102, 103, 104]);
	});
});

describe("options", () => {
	const common = Object.freeze({
		io: Object,
		host: undefined,
		secure: {},
		TCP: {},
		dns: {},
		target: { mine: true },
		unknown: Symbol.iterator,
	});

	it("may be frozen and have keys of others, of Listener and UDP as well", () => {
		const p = pair();
		const listener = new p.a.Listener(Object.freeze({ ...common, port: "0" }));
		const socket = new p.a.UDP(Object.freeze({ ...common, port: "0" }));
		expect([listener.target, socket.target]).toEqual([common.target, common.target]);
		expect(listener.port).toBeGreaterThan(49_151);
		expect(socket.port).toBeGreaterThan(49_151);
	});

	it("host is an address like any other, and address comes first when both are there", () => {
		const p = pair();
		new p.b.Listener({ port: 80 });
		expect(new p.a.TCP({ host: "10.0.0.2", port: 80 }).remoteAddress).toBe("10.0.0.2");
		expect(new p.a.TCP({ host: "www.example.com", address: "10.0.0.2", port: "80" }).remoteAddress).toBe("10.0.0.2");
	});
});

describe("instances", () => {
	it("are extensible, and show nothing of ours", () => {
		const p = pair();
		for (const one of [new p.a.TCP({ address: "10.0.0.2", port: 80 }), new p.a.Listener({}), new p.a.UDP({})]) {
			expect(Object.isExtensible(one)).toBe(true);
			expect(Object.keys(one)).toEqual([]);
			expect(JSON.stringify(one)).toBe("{}");
			(one as unknown as Record<string, number>)["mine"] = 5;
			expect(Object.keys(one)).toEqual(["mine"]);
		}
	});

	it("that are frozen work; they cannot be closed or moved, and stay as they are", () => {
		const p = pair();
		const { client, server } = connected(p);
		Object.freeze(client);
		expect(() => client.close()).toThrow(TypeError);
		expect(() => new p.a.TCP({ from: client })).toThrow(TypeError);
		client.write(ascii("still here"));
		p.world.run(50);
		expect(text(server.read())).toBe("still here");
	});
});

describe("a Listener's address", () => {
	it("is where it listens, and nowhere else", () => {
		const p = pair();
		const link = p.two.stack.interfaces.find("eth0")!;
		link.ip.insertAddress("10.0.0.3", 24);
		const listener = new p.b.Listener({ address: "10.0.0.3", port: 80 });
		const other = new p.b.Listener({ address: "10.0.0.2", port: 80 });
		expect([listener.address, other.address, new p.b.Listener({}).address]).toEqual(["10.0.0.3", "10.0.0.2", "::"]);
		new p.a.TCP({ address: "10.0.0.3", port: 80 });
		p.world.run(100);
		expect(other.read()).toBeUndefined();
		expect(listener.read()!.localAddress).toBe("10.0.0.3");
	});
});
