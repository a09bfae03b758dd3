import { describe, expect, it } from "vitest";
import type { ListenerOptions, TCP } from "../../../src/io/types.ts";
import { ascii, pair, text } from "./pair.ts";

describe("Listener", () => {
	it("hands out connections, which gather data without callbacks", () => {
		const p = pair();
		const listener = new p.b.Listener({ port: 80 });
		expect(listener.port).toBe(80);
		expect(listener.format).toBe("socket/tcp");
		expect(listener.read()).toBeUndefined();
		new p.a.TCP({
			address: "10.0.0.2",
			port: 80,
			onWritable() {
				this.write(ascii("hello"));
				this.close();
			},
		});
		p.world.run(3000);
		const server = listener.read()!;
		expect(server instanceof p.b.TCP).toBe(true);
		expect(server.format).toBe("buffer");
		expect(server.remoteAddress).toBe("10.0.0.1");
		expect(server.localAddress).toBe("10.0.0.2");
		expect(server.localPort).toBe(80);
		p.world.run(100);
		expect(text(server.read())).toBe("hello");
		expect(listener.read()).toBeUndefined();
	});

	it("tells how many connections wait, with itself as this, and its target", () => {
		const p = pair();
		const seen: unknown[] = [];
		const listener = new p.b.Listener({
			port: 80,
			target: "mine",
			onReadable(count) {
				seen.push(this === listener, this.target, count);
			},
		});
		for (let i = 0; i < 3; i++) new p.a.TCP({ address: "10.0.0.2", port: 80 });
		expect(seen).toEqual([]);
		p.world.run(3000);
		expect(seen.slice(-3)).toEqual([true, "mine", 3]);
		expect([listener.read(), listener.read(), listener.read()].every((each) => each !== undefined)).toBe(true);
		expect(listener.read()).toBeUndefined();
	});

	it("finds a free port when told none", () => {
		const p = pair();
		const ports = [new p.b.Listener({}), new p.b.Listener({ port: "0" }), new p.b.Listener({ interface: "eth0" })].map(
			(each) => each.port,
		);
		expect(ports.every((port) => port >= 49_152 && port <= 65_535)).toBe(true);
		expect(new Set(ports).size).toBe(3);
	});

	it("accepts at its address only, and at its interface only", () => {
		const p = pair();
		const segment = p.world.segment();
		p.one.ethernet("eth1", segment.port({ mac: 3 }), "10.9.0.1/24");
		p.two.ethernet("eth1", segment.port({ mac: 4 }), "10.9.0.2/24");
		const byAddress = new p.b.Listener({ port: 80, address: "10.9.0.2" });
		const byInterface = new p.b.Listener({ port: 81, interface: "eth1" });
		const all = new p.b.Listener({ port: 82, address: "0.0.0.0" });
		const errors: string[] = [];
		for (const address of ["10.0.0.2", "10.9.0.2"])
			for (const port of [80, 81, 82]) new p.a.TCP({ address, port, onError: () => errors.push(`${address}:${port}`) });
		p.world.run(3000);
		expect(errors.sort()).toEqual(["10.0.0.2:80", "10.0.0.2:81"]);
		expect(byAddress.read()!.localAddress).toBe("10.9.0.2");
		expect(byInterface.read()!.localAddress).toBe("10.9.0.2");
		expect([all.read()!.localAddress, all.read()!.localAddress].sort()).toEqual(["10.0.0.2", "10.9.0.2"]);
	});

	it("ends with its interface, and tells", () => {
		const p = pair();
		let errors = 0;
		const listener = new p.b.Listener({ port: 80, interface: p.two.stack.interfaces.find("eth0")!, onError: () => errors++ });
		p.two.stack.interfaces.remove(p.two.stack.interfaces.find("eth0")!);
		p.world.run(10);
		expect(errors).toBe(1);
		listener.close();
		expect(p.two.stack.tcp.available).toBe(8);
	});

	it("gives its port and its socket back when it closes, and refuses what waited", () => {
		const p = pair();
		const listener = new p.b.Listener({ port: 80 });
		const client = new p.a.TCP({ address: "10.0.0.2", port: 80 });
		p.world.run(3000);
		expect(() => new p.b.Listener({ port: 80 })).toThrow("TCP port 80 is in use");
		listener.close();
		listener.close();
		expect(() => listener.read()).toThrow("it is closed");
		expect(() => listener.port).toThrow(SyntaxError);
		p.world.run(100);
		expect(client.error).toBe("reset");
		expect(p.two.stack.tcp.available).toBe(8);
		new p.b.Listener({ port: 80 });
	});

	it("serves more connections one after another than there are sockets", () => {
		const p = pair({ sockets: { tcp: 4 } });
		let served = 0;
		new p.b.Listener({
			port: 80,
			onReadable() {
				for (let from = this.read(); from; from = this.read()) {
					new p.b.TCP({
						from,
						onReadable() {
							this.write(new Uint8Array(this.read() as ArrayBuffer));
							served++;
							this.close();
						},
					});
				}
			},
		});
		let done = 0;
		const next = (): TCP =>
			new p.a.TCP({
				address: "10.0.0.2",
				port: 80,
				onWritable() {
					if (this.target) return;
					this.target = true;
					this.write(ascii("ping"));
				},
				onReadable() {
					expect(text(this.read())).toBe("ping");
				},
				onError() {
					this.close();
					if (++done < 50) next();
				},
			});
		next();
		expect(p.world.until(() => done === 50, 30_000)).toBe(true);
		expect(served).toBe(50);
	});

	it.each([
		[{ port: undefined }, Error, "port undefined: expected 0 to 65535, or the option left out"],
		[{ port: -1 }, RangeError, "port -1: expected 0 to 65535"],
		[{ port: 70_000 }, RangeError, "port 70000: expected 0 to 65535"],
		[{ address: "eth0" }, RangeError, 'address "eth0": expected an IP address'],
		[{ onReadable: {} }, TypeError, "onReadable an object: expected a function"],
		[{ format: "buffer" }, RangeError, 'format "buffer": expected "socket/tcp"'],
		[{ backlog: 0 }, RangeError, "backlog 0: expected a whole number from 1"],
		[{ interface: 1 }, RangeError, "interface 1: expected the name of an interface of the stack, or one itself"],
	])("refuses %j", (options, kind, message) => {
		const p = pair();
		expect(() => new p.a.Listener(options as ListenerOptions)).toThrow(kind as ErrorConstructor);
		expect(() => new p.a.Listener(options as ListenerOptions)).toThrow(message as string);
	});
});
