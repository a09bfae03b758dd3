// What programs do wrong: the exceptions that they get, and that nothing else is disturbed by it.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../src/io/io.ts";
import type { Bytes, Listener, TCP, UDP } from "../../../src/io/types.ts";
import { World } from "../../support/world.ts";
import { ascii, connected, pair, type Pair } from "./pair.ts";

type Kind = new (...args: never[]) => Error;

/** Runs `action`; answers what it threw. */
function thrown(action: () => unknown): Error {
	try {
		action();
	} catch (error) {
		return error as Error;
	}
	throw new Error("nothing was thrown");
}

/** Runs `mistakes` while another connection of the same stacks carries 200,000 bytes, of which none may be missing or wrong. */
function during(p: Pair, mistakes: () => void): void {
	const total = 200_000;
	const pattern = (at: number) => (at * 7 + (at >> 8)) & 255;
	let received = 0;
	let wrong = 0;
	new p.b.Listener({
		port: 99,
		onReadable() {
			new p.b.TCP({
				from: this.read(),
				onReadable(count) {
					for (const byte of new Uint8Array(this.read(count) as ArrayBuffer)) if (byte !== pattern(received++)) wrong++;
				},
			});
		},
	});
	let sent = 0;
	new p.a.TCP({
		address: "10.0.0.2",
		port: 99,
		onWritable(room) {
			const bytes = new Uint8Array(Math.min(room, total - sent));
			for (let i = 0; i < bytes.length; i++) bytes[i] = pattern(sent++);
			if (bytes.length > 0) this.write(bytes);
		},
		onError() {
			wrong++;
		},
	});
	for (let i = 0; i < 10; i++) {
		p.world.until(() => received > (total * i) / 10, 60_000);
		mistakes();
	}
	expect(p.world.until(() => received === total, 60_000)).toBe(true);
	expect(wrong).toBe(0);
}

/** Everything that a program can call or get of an instance. */
const USES: Record<string, Record<string, (of: never) => unknown>> = {
	TCP: {
		read: () => [],
		"read a number": () => [1],
		"read a buffer": () => [new ArrayBuffer(4)],
		"read a part": () => [new ArrayBuffer(4), 0, 1],
		write: () => [new ArrayBuffer(4)],
		"write a part": () => [new ArrayBuffer(4), 0, 1],
		"write a number": () => [1],
		shutdown: () => [],
		close: () => [],
	},
	Listener: { read: () => [], close: () => [] },
	UDP: {
		read: () => [],
		"read a buffer": () => [new ArrayBuffer(4)],
		write: () => [new ArrayBuffer(4), "10.0.0.2", 9],
		add: () => ["239.1.1.1"],
		remove: () => ["239.1.1.1"],
		close: () => [],
	},
};
const GETTERS: Record<string, string[]> = {
	TCP: ["format", "remoteAddress", "remotePort", "localAddress", "localPort", "interface", "error"],
	Listener: ["port", "address", "interface", "format"],
	UDP: ["port", "address", "interface", "format"],
};

type Sockets = { TCP: TCP; Listener: Listener; UDP: UDP };

function sockets(p: Pair): Sockets {
	return { TCP: connected(p).client, Listener: new p.a.Listener({ port: 7 }), UDP: new p.a.UDP({ port: 7 }) };
}

/** A property's descriptor, from wherever the instance has it. */
function descriptor(instance: object, name: string): PropertyDescriptor {
	for (let at = instance; at !== null; at = Object.getPrototypeOf(at)) {
		const found = Object.getOwnPropertyDescriptor(at, name);
		if (found !== undefined) return found;
	}
	throw new Error(`there is no ${name}`);
}

/** Calls every method and accessor of each class on receivers; all must throw SyntaxError, but for one. */
function callAll(instances: Sockets, receivers: (name: keyof Sockets) => unknown[]): void {
	for (const name of ["TCP", "Listener", "UDP"] as const) {
		const instance = instances[name] as unknown as Record<string, (...args: unknown[]) => unknown>;
		for (const receiver of receivers(name)) {
			for (const [use, args] of Object.entries(USES[name]!)) {
				const error = thrown(() => instance[use.split(" ")[0]!]!.apply(receiver, args(undefined as never) as unknown[]));
				expect(error.constructor.name, `${name}: ${use} of ${typeof receiver}: ${error.message}`).toBe("SyntaxError");
			}
			for (const getter of GETTERS[name]!) {
				const error = thrown(() => descriptor(instance, getter).get!.call(receiver));
				expect(error.constructor.name, `${name}.${getter} of ${typeof receiver}: ${error.message}`).toBe("SyntaxError");
			}
			for (const format of ["buffer", "number", "socket/tcp"]) {
				const error = thrown(() => descriptor(instance, "format").set!.call(receiver, format));
				expect(error.constructor.name, `${name}.format = of ${typeof receiver}: ${error.message}`).toBe("SyntaxError");
			}
		}
	}
}

describe("methods and accessors", () => {
	it("throw SyntaxError for what is no instance of their class", () => {
		const p = pair();
		const instances = sockets(p);
		const others = [
			{},
			[],
			"a string",
			5,
			true,
			Symbol.iterator,
			() => {},
			new ArrayBuffer(8),
			new Uint8Array(8),
			undefined,
			null,
		];
		const own = Object.values(instances);
		during(p, () => {
			callAll(instances, (name) => [
				...others,
				...own.filter((one) => one !== instances[name]),
				Object.create(Object.getPrototypeOf(instances[name]) as object),
			]);
		});
		expect(instances.TCP.remotePort).toBe(80);
	});

	it("throw SyntaxError of a closed instance, but close", () => {
		const p = pair();
		const instances = sockets(p);
		for (const one of Object.values(instances)) one.close();
		delete (USES["TCP"] as Record<string, unknown>)["close"];
		for (const name of ["TCP", "Listener", "UDP"] as const) {
			const instance = instances[name] as unknown as Record<string, (...args: unknown[]) => unknown>;
			expect(instance["close"]!()).toBeUndefined();
			for (const [use, args] of Object.entries(USES[name]!))
				if (use !== "close")
					expect(() => instance[use.split(" ")[0]!]!(...(args(undefined as never) as unknown[])), `${name}: ${use}`).toThrow(
						SyntaxError,
					);
			for (const getter of GETTERS[name]!) expect(() => instance[getter], `${name}.${getter}`).toThrow(SyntaxError);
			for (const format of ["buffer", "number", "socket/tcp"])
				expect(() => ((instance as Record<string, unknown>)["format"] = format)).toThrow(SyntaxError);
		}
	});

	it("cannot be called as functions of their own", () => {
		const p = pair();
		const { read, write } = connected(p).client;
		expect(() => (read as () => unknown)()).toThrow(SyntaxError);
		expect(() => (write as (data: Bytes) => unknown)(ascii("x"))).toThrow(SyntaxError);
	});
});

describe("a wrong argument", () => {
	const WRITES: [unknown, Kind, string][] = [
		[undefined, TypeError, "write undefined: expected an ArrayBuffer or a view of one"],
		[null, TypeError, "write null: expected an ArrayBuffer or a view of one"],
		["text", TypeError, 'write "text": expected an ArrayBuffer or a view of one'],
		[5, TypeError, "write 5: expected an ArrayBuffer or a view of one"],
		[{}, TypeError, ""],
		[Symbol.match, TypeError, "write Symbol(Symbol.match): expected an ArrayBuffer or a view of one"],
		[Math.sin, TypeError, ""],
		[new Uint16Array(2), TypeError, ""],
		[{ byteLength: 4 }, TypeError, ""],
		[{ byteLength: "4" }, TypeError, ""],
		[new ArrayBuffer(1_000_000), Error, "write of 1000000 bytes: expected at most 5840"],
	];
	const READS: [unknown, Kind, string][] = [
		[Symbol.match, TypeError, "read Symbol(Symbol.match): expected a number of bytes, or a buffer"],
		[Math.sin, TypeError, ""],
		["text", TypeError, 'read "text": expected a number of bytes, or a buffer'],
		[{}, TypeError, ""],
		[null, TypeError, ""],
		[new Uint16Array(2), TypeError, ""],
		[new Float64Array(2), TypeError, ""],
		[6, Error, "read 6: expected 1 to 5, the bytes that are there"],
		[0, Error, "read 0: expected 1 to 5"],
		[-1, Error, "read -1: expected 1 to 5"],
		[1.5, Error, "read 1.5: expected 1 to 5"],
		[Number.NaN, Error, "read NaN: expected 1 to 5"],
	];

	it("to write or read of TCP has its exception, and nothing is taken or lost", () => {
		const p = pair();
		const { client, server } = connected(p);
		client.write(ascii("hello"));
		p.world.run(50);
		during(p, () => {
			for (const [data, kind, message] of WRITES) {
				const error = thrown(() => client.write(data as Bytes));
				expect(error.constructor, `write ${String(message)}`).toBe(kind);
				expect(error.message).toContain(message);
			}
			for (const [option, kind, message] of READS) {
				const error = thrown(() => server.read(option as number));
				expect(error.constructor, `read ${String(message)}: ${error.message}`).toBe(kind);
				expect(error.message).toContain(message);
			}
			for (const [at, length] of [
				[-1, 1],
				[0, 9],
				[8, 1],
				[1.5, 1],
				[0, -1],
			]) {
				expect(() => client.write(new ArrayBuffer(8), at, length)).toThrow(RangeError);
				expect(() => server.read(new ArrayBuffer(8), at, length)).toThrow(RangeError);
			}
			expect(() => client.write(new ArrayBuffer(8), "0" as never, 1)).toThrow(TypeError);
			client.format = server.format = "number";
			for (const data of [ascii("x"), "x", {}, Symbol.match, undefined, Number.NaN])
				expect(() => client.write(data as number), `write ${typeof data}`).toThrow(TypeError);
			client.format = server.format = "buffer";
			for (const format of ["socket/tcp", 1, null, undefined, Symbol.match])
				expect(() => (client.format = format as never)).toThrow(RangeError);
			expect(client.format).toBe("buffer");
		});
		expect(server.read()).toEqual(ascii("hello").buffer);
		expect(client.write(ascii("x"))).toBe(5839);
	});

	it("to UDP has its exception, and nothing is sent", () => {
		const p = pair();
		const socket = new p.a.UDP({ port: 7 });
		const other = new p.b.UDP({ port: 7 });
		const data = ascii("x");
		const WRONG: [unknown[], Kind, string][] = [
			[[], TypeError, "port undefined"],
			[[data], TypeError, "port undefined"],
			[[data, "10.0.0.2"], TypeError, "port undefined"],
			[[data, "10.0.0.2", 0], RangeError, "port 0: expected 1 to 65535"],
			[[data, "10.0.0.2", 65_536], RangeError, "port 65536: expected 1 to 65535"],
			[[data, "10.0.0.2", Symbol.match], TypeError, "port Symbol(Symbol.match)"],
			[[data, 7, 7], TypeError, "address 7: expected an IP address as a string"],
			[[data, Symbol.match, 7], TypeError, "address Symbol(Symbol.match)"],
			[[data, "ten", 7], RangeError, 'address "ten": expected an IP address'],
			[[data, "fe80::1%eth9", 7], RangeError, 'there is no interface "eth9"; expected one of lo'],
			[["10.0.0.2", 7, "text"], TypeError, 'data "text": expected an ArrayBuffer or a view of one'],
			[[data, "10.0.0.2", 7, 2], RangeError, "part of 2 bytes at 0: expected it within the 1 bytes"],
			[[new Uint16Array(2), "10.0.0.2", 7], TypeError, ""],
			[[new ArrayBuffer(65_508), "10.0.0.2", 7], RangeError, "datagram of 65508 bytes: expected at most "],
			[[data, "10.9.9.9", 7], Error, "no route to the host"],
		];
		during(p, () => {
			for (const [args, kind, message] of WRONG) {
				const error = thrown(() => (socket.write as (...args: unknown[]) => void)(...args));
				expect(error.constructor, `${message}: ${error.message}`).toBe(kind);
				expect(error.message).toContain(message);
			}
			expect(() => (socket.format = "number" as never)).toThrow(RangeError);
			expect(other.read()).toBeUndefined();
		});
		socket.write(data, "10.0.0.2", 7);
		p.world.run(50);
		expect(() => other.read(new Uint16Array(2) as never)).toThrow(TypeError);
		expect(other.read()!.byteLength).toBe(1);
	});
});

describe("a constructor", () => {
	it("that throws takes no socket and no port", () => {
		const p = pair({ sockets: { tcp: 3, udp: 2 } });
		const { stack } = p.one;
		new p.a.Listener({ port: 7 });
		new p.a.UDP({ port: 7 });
		for (let i = 0; i < 10; i++) {
			expect(() => new p.a.Listener({ port: 7 })).toThrow("TCP port 7 is in use");
			expect(() => new p.a.UDP({ port: 7 })).toThrow("UDP port 7 is in use");
			expect(() => new p.a.TCP({ address: "10.9.9.9", port: 80 })).toThrow("no route to the host");
			expect(() => new p.a.TCP({ address: "255.255.255.255", port: 80 })).toThrow(RangeError);
			expect(() => new p.a.UDP({ port: 9, multicast: "10.0.0.1" })).toThrow(RangeError);
			expect(() => new p.a.UDP({ port: 9, ttl: 300 })).toThrow(RangeError);
		}
		expect(stack.tcp.available).toBe(2);
		expect(stack.udp.sockets.filter((socket) => socket.open).length).toBe(1);
	});

	it("takes a connection over only from an open TCP of the same stack", () => {
		const p = pair();
		const { client } = connected(p);
		const closed = new p.a.TCP({ address: "10.0.0.2", port: 9 });
		closed.close();
		const elsewhere = new (createIO(new World(2).node("x").stack).TCP)({ address: "127.0.0.1", port: 9 });
		const wrong = [
			closed,
			elsewhere,
			{},
			[],
			"text",
			5,
			null,
			Object.create(client),
			new p.a.UDP({}),
			new p.a.Listener({}),
			p.a.TCP,
		];
		for (const from of wrong) expect(() => new p.a.TCP({ from: from as never })).toThrow(SyntaxError);
		expect(new p.a.TCP({ from: client }).remotePort).toBe(80);
		expect(() => new p.a.TCP({ from: client })).toThrow(SyntaxError);
		expect(() => client.read()).toThrow(SyntaxError);
		client.close();
	});
});
