// TCP to a host by its name: RFC 8305.

import { describe, expect, it } from "vitest";
import type { StackOptions } from "../../../../src/config.ts";
import { createIO } from "../../../../src/io/io.ts";
import { pipe } from "../../../../src/io/pipe.ts";
import type { TCP, TCPOptions } from "../../../../src/io/types.ts";
import * as dns from "../../../support/dns.ts";
import { Scene, silence, type Script } from "./scene.ts";

/** Addresses of the near host, where a test may listen; and such behind it, from where nothing ever comes. */
const NEAR4 = "10.0.0.53";
const NEAR6 = "2001:db8::53";
const DEAD4 = "192.0.2.1";
const DEAD4_2 = "192.0.2.2";
const DEAD6 = "2001:db8:9::1";

function words(address: string): number[] {
	const [head, tail] = address
		.split("::")
		.map((half) => (half === "" ? [] : half.split(":").map((group) => parseInt(group, 16))));
	return [...head!, ...Array.from({ length: 8 - head!.length - tail!.length }, () => 0), ...tail!];
}

/** Answers with these. */
function has(...addresses: string[]): Script {
	return ({ id, question, type }) =>
		dns.message({
			id,
			question,
			answers: addresses
				.filter((address) => address.includes(":") === (type === dns.AAAA))
				.map((address) => (type === dns.AAAA ? dns.aaaa(words(address)) : dns.a(address))),
		});
}

class Clients {
	readonly scene: Scene;
	readonly begun: { address: string; at: number }[] = [];
	readonly said: string[] = [];
	readonly start: number;
	client!: TCP;

	constructor(script: Script, { six = true, ...options }: StackOptions & { six?: boolean } = {}) {
		const scene = (this.scene = new Scene(script, silence, options));
		const { routes } = scene.us.stack;
		routes.add({ prefix: "0.0.0.0/0", interface: scene.eth0, gateway: NEAR4 });
		if (six) {
			scene.eth0.addAddress("2001:db8::1/64");
			scene.near.stack.interfaces.find("eth0")!.addAddress(`${NEAR6}/64`);
			routes.add({ prefix: "::/0", interface: scene.eth0, gateway: NEAR6 });
		}
		scene.world.run(4000);
		this.start = scene.world.clock.now;
	}

	listen(address?: string): void {
		const { io } = this.scene.server0;
		void new io.Listener({
			port: 80,
			...(address !== undefined && { address }),
			onReadable() {
				void new io.TCP({
					from: this.read()!,
					onReadable(this: TCP, bytes: number) {
						this.write(this.read(bytes) as ArrayBuffer);
					},
					onError(this: TCP) {
						this.close();
					},
				});
			},
		});
	}

	get ms(): number {
		return this.scene.world.clock.now - this.start;
	}

	/** Connects, and notes what the socket says. */
	connect(options: TCPOptions = {}): TCP {
		const { said } = this;
		const now = () => Math.round(this.ms);
		return (this.client = new (createIO(this.scene.us.stack).TCP)({
			host: "a.test",
			port: 80,
			onWritable() {
				if (said.length === 0) said.push(`${this.remoteAddress} ${now()}`);
			},
			onError() {
				said.push(`${this.error} ${now()}`);
			},
			...options,
		}));
	}

	/** Where SYNs have gone, of connections that are there. */
	get tried(): string[] {
		const { tcbs } = this.scene.us.stack.tcp;
		return tcbs.filter((tcb) => !tcb.detached).map((tcb) => tcb.remoteAddress);
	}

	run(ms: number): void {
		this.scene.world.run(ms);
	}
}

/** The milliseconds of what was said. */
function when(said: string | undefined): number {
	return Number(said?.split(" ")[1]);
}

describe("TCP by name", () => {
	it("connects to the only address, by IPv4, and carries bytes", () => {
		const c = new Clients(has(NEAR4), { six: false });
		c.listen();
		let got = "";
		const client = c.connect({
			format: "number",
			target: "mine",
			onWritable() {
				if (got !== "") return;
				got = " ";
				for (const byte of [104, 105]) this.write(byte);
			},
			onReadable(bytes) {
				for (; bytes > 0; bytes--) got += String.fromCharCode(this.read() as number);
			},
		});
		expect([client.format, client.target, client.remoteAddress, client.error, client.read()]).toEqual([
			"number",
			"mine",
			undefined,
			undefined,
			undefined,
		]);
		expect(() => client.write(1)).toThrow("not connected");
		expect(() => client.shutdown()).toThrow("not connected");
		expect(() => pipe(client, client)).toThrow("not connected");
		c.run(1000);
		expect([got, client.remoteAddress, client.remotePort, client.interface, client.format]).toEqual([
			" hi",
			NEAR4,
			80,
			"eth0",
			"number",
		]);
		client.close();
		c.run(200_000);
		expect(c.scene.sockets).toBe(0);
	});

	it("takes IPv6 first, as RFC 6724 says, and IPv4 after 250 ms without an answer", () => {
		const c = new Clients(has(NEAR4, DEAD6));
		c.listen();
		c.connect();
		c.run(200);
		expect([c.said, c.tried]).toEqual([[], [DEAD6]]);
		c.run(300);
		expect(c.said.length).toBe(1);
		expect(c.said[0]).toContain(NEAR4);
		expect(when(c.said[0])).toBeGreaterThanOrEqual(250);
		expect(when(c.said[0])).toBeLessThan(300);
		expect(c.tried).toEqual([NEAR4]); // the other is given up
	});

	it("has the families go by different interfaces, and takes that which answers", () => {
		const c = new Clients(has("10.1.0.53", DEAD6));
		void new c.scene.server1.io.Listener({ port: 80 });
		const client = c.connect();
		c.run(200);
		expect([c.tried, c.said]).toEqual([[DEAD6], []]);
		c.run(400);
		expect(c.said[0]).toContain("10.1.0.53");
		expect([client.interface, c.tried]).toEqual(["eth1", ["10.1.0.53"]]);
	});

	it("tries the next at once when one is refused", () => {
		const c = new Clients(has(NEAR4, NEAR6));
		c.listen(NEAR4);
		c.connect();
		c.run(200);
		expect(c.said[0]).toContain(NEAR4);
		expect(when(c.said[0])).toBeLessThan(50);
	});

	it("waits 50 ms for the addresses of IPv6, and takes them when they come later", () => {
		const c = new Clients((query) => (query.type === dns.AAAA ? undefined : has(DEAD4)(query)));
		c.listen();
		c.connect();
		c.run(45);
		expect(c.tried).toEqual([]);
		c.run(20);
		expect(c.tried).toEqual([DEAD4]);
		c.scene.server0.script = has(NEAR6); // asked again after a second
		c.run(1500);
		expect(c.said[0]).toContain(NEAR6);
		expect(c.tried).toEqual([NEAR6]);
	});

	it("does not wait for IPv4 when IPv6 is there", () => {
		const c = new Clients((query) => (query.type === dns.A ? undefined : has(NEAR6)(query)));
		c.listen();
		c.connect();
		c.run(100);
		expect(c.said[0]).toContain(NEAR6);
		expect(when(c.said[0])).toBeLessThan(40);
		expect(c.scene.engine.busy).toBe(0); // nobody asks on
	});

	it("has two attempts at a time, the families in turn, each for 5 s while others wait", () => {
		const c = new Clients(has(DEAD4, DEAD4_2, DEAD6, NEAR6));
		c.listen(NEAR4); // NEAR6 refuses
		c.connect({ userTimeout: 12_000 });
		const seen: string[] = [];
		for (let i = 0; i < 300; i++) {
			c.run(100);
			const now = c.tried.join();
			if (seen[seen.length - 1] !== now && c.ms < 11_000) seen.push(now);
			expect(c.tried.length).toBeLessThanOrEqual(2);
		}
		// NEAR6 shares the longest prefix with our address: it is first, and refuses.
		expect(seen).toEqual([[DEAD4], [DEAD4, DEAD6], [DEAD4_2, DEAD6]].map(String));
		expect(c.said.length).toBe(1);
		expect(c.said[0]!.split(" ")[0]).toBe("timeout");
		expect([c.tried, c.client.error]).toEqual([[], "timeout"]);
		c.client.close();
		expect(() => c.client.error).toThrow("closed");
	});

	it("tries one after the other when there is no further socket", () => {
		const c = new Clients(has(DEAD6, NEAR4), { sockets: { tcp: 1 } });
		c.listen();
		c.connect();
		c.run(4900);
		expect(c.tried).toEqual([DEAD6]);
		c.run(400);
		expect(c.said[0]).toContain(NEAR4);
		expect(when(c.said[0])).toBeGreaterThanOrEqual(5000);
	});

	it("tells what the last attempt came to when all have failed, or why there is none", () => {
		for (const [script, error] of [
			[has(NEAR4, NEAR6), "refused"],
			[has(), "unresolved"],
			[({ id, question }) => dns.message({ id, question, code: dns.NXDOMAIN }), "unresolved"],
		] as [Script, string][]) {
			const c = new Clients(script);
			c.connect();
			c.run(2000);
			expect(c.said.map((text) => text.split(" ")[0])).toEqual([error]);
			expect([c.client.error, c.tried]).toEqual([error, []]);
			c.client.close();
		}
	});

	it("says that all sockets are in use, and that there is no way", () => {
		const c = new Clients(has(NEAR4), { six: false, sockets: { tcp: 1 } });
		const other = c.connect({ host: undefined, address: DEAD4 });
		c.connect();
		c.run(1000);
		expect(c.said.map((text) => text.split(" ")[0])).toEqual(["busy"]);
		other.close();
		const far = new Clients(has(DEAD4), { six: false });
		const { routes } = far.scene.us.stack;
		for (const route of routes.list.slice()) if (route.length === 0) routes.remove(route);
		far.connect();
		far.run(1000);
		expect(far.said.map((text) => text.split(" ")[0])).toEqual(["unreachable"]);
	});

	it("throws for what is no name, no port or no interface, at once", () => {
		const c = new Clients(has(NEAR4), { six: false });
		expect(() => c.connect({ host: "a b" })).toThrow(RangeError);
		expect(() => c.connect({ host: "1.2.3" })).toThrow('host "1.2.3": is not an IPv4 address');
		expect(() => c.connect({ port: undefined })).toThrow("port undefined");
		expect(() => c.connect({ port: 70_000 })).toThrow("port 70000");
		expect(() => c.connect({ interface: "eth9" })).toThrow('interface "eth9"');
		c.run(1000);
		expect(c.scene.server0.asked).toEqual([]);
	});

	it("is given up by close at every stage", () => {
		for (const ms of [0, 2, 100, 300]) {
			const c = new Clients(has(DEAD4, DEAD6));
			const client = c.connect();
			c.run(ms);
			client.close();
			expect(() => client.read()).toThrow("closed");
			expect(() => client.format).toThrow("closed");
			c.run(20_000);
			expect([c.said, c.tried, c.scene.engine.busy, c.scene.sockets]).toEqual([[], [], 0, 0]);
		}
	});

	it("has the exception of its onError told, and is closed", () => {
		const c = new Clients(has());
		const told: unknown[] = [];
		c.scene.us.stack.events.onError = (error) => told.push(error);
		c.connect({
			onError() {
				throw new Error("mine");
			},
		});
		c.run(1000);
		expect(told.map(String)).toEqual(["Error: mine"]);
		expect(() => c.client.error).toThrow("closed");
	});
});

describe("TCP by an address and its name, as Moddable's modules connect", () => {
	it("tries the name's other addresses too when our resolver gave that one", () => {
		const c = new Clients(has(NEAR4, DEAD6));
		c.listen();
		let client: TCP | undefined;
		new c.scene.Resolver().resolve({ host: "A.test" }, (_error, address, host) => {
			client = c.connect({ address, host });
		});
		c.run(100);
		expect([client!.remoteAddress, c.tried]).toEqual([undefined, [DEAD6]]);
		c.run(400);
		expect(c.said[0]).toContain(NEAR4);
	});

	it("connects to any other address alone", () => {
		const c = new Clients(has(NEAR4, DEAD6));
		c.listen();
		new c.scene.Resolver().resolve({ host: "a.test" }, () => undefined);
		c.run(100);
		expect(c.connect({ address: DEAD4 }).remoteAddress).toBe(DEAD4);
		c.run(1000);
		expect(c.tried).toEqual([DEAD4]);
	});
});
