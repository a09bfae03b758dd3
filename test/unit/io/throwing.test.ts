// A callback that throws: it is reported, its socket is closed, and the stack and all other sockets go on.

import { describe, expect, it } from "vitest";
import type { ListenerOptions, TCP, TCPOptions, UDPOptions } from "../../../src/io/types.ts";
import { createIO } from "../../../src/io/io.ts";
import { Stack } from "../../../src/stack.ts";
import { ascii, connected, pair, type Pair } from "./pair.ts";

function mistake(): never {
	throw new Error("mistake in the program");
}

/** Echoes over TCP and UDP between the two nodes: both ways must work, as must an exchange that began before. */
function works(p: Pair): boolean {
	let tcp = false;
	let udp = false;
	const { client, server } = connected(p, {
		onReadable() {
			tcp = true;
		},
	});
	server.write(ascii("x"));
	const socket = new p.b.UDP({ port: 1000 });
	const other = new p.a.UDP({
		onReadable() {
			udp = true;
		},
	});
	socket.write(ascii("x"), "10.0.0.1", other.port);
	p.world.run(100);
	for (const one of [client, server, socket, other]) one.close();
	return tcp && udp;
}

/** Runs a scene with and without the hook that hears of exceptions; answers what it heard. */
function scene(p: Pair, act: () => void): string[] {
	const heard: string[] = [];
	for (const node of [p.one, p.two]) node.stack.events.onError = (error) => heard.push(String(error));
	act();
	p.world.run(500);
	return heard;
}

const MISTAKE = ["Error: mistake in the program"];

describe("a TCP's callback that throws", () => {
	const SCENES: [string, TCPOptions, (p: Pair, server: TCP) => void][] = [
		["onReadable", { onReadable: mistake }, (_p, server) => void server.write(ascii("x"))],
		["onWritable", { onWritable: mistake }, () => {}],
		["onError of a FIN", { onError: mistake }, (_p, server) => server.close()],
		[
			"onError of a reset",
			{ onError: mistake },
			(p) => p.two.stack.tcp.abort(p.two.stack.tcp.inUse().find((tcb) => tcb.remotePort !== 0)!),
		],
	];

	it.each(SCENES)("%s: reported once, the peer is reset, others go on", (name, options, act) => {
		const p = pair();
		let server: TCP | undefined;
		let ended = 0;
		new p.b.Listener({
			port: 81,
			onReadable() {
				server = new p.b.TCP({
					from: this.read(),
					onError() {
						ended++;
					},
				});
			},
		});
		let client: TCP | undefined;
		const heard = scene(p, () => {
			client = new p.a.TCP({ address: "10.0.0.2", port: 81, ...options });
			p.world.until(() => server !== undefined, 1000);
			if (name !== "onWritable") act(p, server!);
		});
		expect(heard).toEqual(MISTAKE);
		expect(() => client!.read()).toThrow(SyntaxError);
		expect(p.one.stack.tcp.inUse()).toEqual([]);
		if (name === "onReadable" || name === "onWritable")
			expect(server === undefined || (ended === 1 && server.error === "reset")).toBe(true);
		expect(works(p)).toBe(true);
	});

	it("onError of a refusal", () => {
		const p = pair();
		expect(scene(p, () => new p.a.TCP({ address: "10.0.0.2", port: 9, onError: mistake }))).toEqual(MISTAKE);
		expect(p.one.stack.tcp.inUse()).toEqual([]);
		expect(works(p)).toBe(true);
	});

	it("calls no other callback of its socket after that", () => {
		const p = pair();
		const calls: string[] = [];
		const heard = scene(p, () => {
			const { client, server } = connected(p);
			server.write(ascii("x"));
			server.shutdown();
			p.world.run(50);
			new p.a.TCP({
				from: client,
				onReadable() {
					calls.push("readable");
					mistake();
				},
				onWritable() {
					calls.push("writable");
				},
				onError() {
					calls.push("error");
				},
			});
		});
		expect(heard).toEqual(MISTAKE);
		expect(calls).toEqual(["readable"]);
	});

	it("may have closed its socket before: the next who has it is not disturbed", () => {
		const p = pair();
		let next: TCP | undefined;
		const heard = scene(p, () => {
			const { server } = connected(p, {
				onReadable() {
					this.close(); // a reset, as nothing was read: the next gets its TCB
					next = new p.a.TCP({ address: "10.0.0.2", port: 80 });
					mistake();
				},
			});
			server.write(ascii("x"));
		});
		expect(heard).toEqual(MISTAKE);
		expect(next!.write(ascii("x"))).toBe(5839);
	});

	it("may have closed its socket, or moved it, before", () => {
		const p = pair();
		let moved: TCP | undefined;
		const heard = scene(p, () => {
			const first = connected(p, {
				onReadable() {
					this.close();
					mistake();
				},
			});
			first.server.write(ascii("x"));
			p.world.run(50);
			p.two.stack.tcp.close(p.two.stack.tcp.inUse().find((tcb) => tcb.remotePort === 0)!);
			const second = connected(p, {
				onReadable() {
					moved = new p.a.TCP({ from: this });
					mistake();
				},
			});
			second.server.write(ascii("x"));
		});
		expect(heard).toEqual([...MISTAKE, ...MISTAKE]);
		expect(moved!.read()).toEqual(ascii("x").buffer);
	});
});

describe("a Listener's callback that throws", () => {
	const SCENES: [string, ListenerOptions, (p: Pair) => void][] = [
		["onReadable", { onReadable: mistake }, (p) => new p.a.TCP({ address: "10.0.0.2", port: 81 })],
		[
			"onError",
			{ onError: mistake, interface: "eth1" },
			(p) => p.two.stack.interfaces.remove(p.two.stack.interfaces.find("eth1")!),
		],
	];

	it.each(SCENES)("%s: reported, and it listens no more", (_name, options, act) => {
		const p = pair();
		p.two.ethernet("eth1", p.world.segment().port({ mac: 7 }), "10.0.9.2/24");
		const listener = new p.b.Listener({ port: 81, ...options });
		expect(scene(p, () => act(p))).toEqual(MISTAKE);
		expect(() => listener.port).toThrow(SyntaxError);
		expect(p.two.stack.tcp.inUse()).toEqual([]);
		new p.b.Listener({ port: 81 }).close();
		expect(works(p)).toBe(true);
	});
});

describe("a UDP's callback that throws", () => {
	const SCENES: [string, UDPOptions, (p: Pair) => void][] = [
		["onReadable", { onReadable: mistake }, (p) => new p.a.UDP({}).write(ascii("x"), "10.0.0.2", 81)],
		[
			"onError",
			{ onError: mistake, interface: "eth1" },
			(p) => p.two.stack.interfaces.remove(p.two.stack.interfaces.find("eth1")!),
		],
	];

	it.each(SCENES)("%s: reported, and its port is free", (_name, options, act) => {
		const p = pair();
		p.two.ethernet("eth1", p.world.segment().port({ mac: 7 }), "10.0.9.2/24");
		const socket = new p.b.UDP({ port: 81, ...options });
		expect(scene(p, () => act(p))).toEqual(MISTAKE);
		expect(() => socket.port).toThrow(SyntaxError);
		new p.b.UDP({ port: 81 }).close();
		expect(works(p)).toBe(true);
	});
});

describe("an exception that nobody hears of", () => {
	it("leaves poll, which goes on the next time", () => {
		const p = pair();
		connected(p, { onReadable: mistake }).server.write(ascii("x"));
		expect(() => p.world.run(50)).toThrow("mistake in the program");
		expect(p.one.stack.tcp.inUse()).toEqual([]);
		p.one.due = p.world.clock.now;
		p.two.stack.tcp.close(p.two.stack.tcp.inUse().find((tcb) => tcb.remotePort === 0)!);
		expect(works(p)).toBe(true);
	});
});

describe("an exception that leaves poll", () => {
	/** A stack whose socket at port 1000 throws; what left `poll`, and how often the stack asked to be polled when it was written to afterwards. */
	function escape(onError?: (error: unknown) => void, freeze = false): { left: unknown; wakes: number } {
		let wakes = 0;
		let left: unknown;
		const stack = new Stack({ random32: () => 4, onWake: () => wakes++ });
		stack.events.onError = onError;
		const { UDP } = createIO(stack);
		const socket = new UDP({ port: 1000, onReadable: mistake });
		if (freeze) Object.freeze(socket);
		const other = new UDP({});
		stack.poll(0);
		other.write(ascii("x"), "127.0.0.1", 1000);
		for (let now = 1; now < 5; now++)
			try {
				stack.poll(now);
			} catch (error) {
				left = error;
				break;
			}
		wakes = 0;
		other.write(ascii("x"), "127.0.0.1", 9);
		return { left, wakes };
	}

	it("leaves the stack able to ask for the next, without the hook", () => {
		expect(escape()).toMatchObject({ left: { message: "mistake in the program" }, wakes: 1 });
	});

	it("and when the hook itself throws", () => {
		const hook = () => {
			throw new Error("the hook's");
		};
		expect(escape(hook)).toMatchObject({ left: { message: "the hook's" }, wakes: 1 });
	});

	it("a frozen instance's is heard of, although it cannot be closed", () => {
		const heard: string[] = [];
		const { left, wakes } = escape((error) => heard.push(String(error)), true);
		expect(heard).toEqual(MISTAKE);
		expect(left).toBeInstanceOf(TypeError);
		expect(wakes).toBe(1);
	});
});
