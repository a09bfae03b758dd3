import { describe, expect, it } from "vitest";
import { CHARGEN_PORT, DISCARD_PORT, ECHO_PORT, Services } from "../../../hosts/examples/status/services.ts";
import { Prng } from "../../support/prng.ts";
import { ascii, pair, text } from "../io/pair.ts";
import { statusOf } from "../../../src/status/status.ts";

const ADDRESS = "10.0.0.2";

function serve(p = pair()): { p: typeof p; services: Services } {
	return { p, services: new Services(p.b) };
}

describe("echo, RFC 862", () => {
	it("sends back 100,000 bytes, and ends when the client does", () => {
		const { p } = serve();
		const data = new Prng(3).bytes(100_000);
		const back: number[] = [];
		let sent = 0;
		let ended: string | undefined;
		new p.a.TCP({
			address: ADDRESS,
			port: ECHO_PORT,
			onWritable(room) {
				const size = Math.min(room, data.length - sent);
				if (size === 0) return;
				this.write(data, sent, size);
				sent += size;
				if (sent === data.length) this.shutdown();
			},
			onReadable() {
				for (const byte of new Uint8Array(this.read() as ArrayBuffer)) back.push(byte);
			},
			onError() {
				ended = this.error;
				this.close();
			},
		});
		expect(p.world.until(() => ended !== undefined, 60_000)).toBe(true);
		expect(ended).toBe("closed");
		expect(back).toEqual([...data]);
		p.world.run(1000);
		expect(statusOf(p.two.stack).sockets.filter((socket) => socket.state !== "listen" && socket.protocol === "tcp")).toEqual([]);
	});

	it("answers no broadcast, by which a stranger would have every board answer whom he names: CVE-1999-0514", () => {
		const { p } = serve();
		const client = new p.a.UDP({ port: 5000 });
		for (const port of [ECHO_PORT, CHARGEN_PORT])
			for (const to of ["255.255.255.255", "10.0.0.255"]) client.write(ascii("hello"), to, port);
		p.world.run(100);
		expect(client.read()).toBeUndefined();
		expect(statusOf(p.two.stack).interfaces[1]!.drops).toMatchObject({ udpGroup: 4 });
		client.write(ascii("hello"), ADDRESS, ECHO_PORT);
		p.world.run(100);
		expect(text(client.read())).toBe("hello");
	});

	it("sends datagrams back, but not to services that would answer", () => {
		const { p } = serve();
		const client = new p.a.UDP({ port: 5000 });
		const service = new p.a.UDP({ port: CHARGEN_PORT });
		client.write(ascii("there and back"), ADDRESS, ECHO_PORT);
		service.write(ascii("round and round"), ADDRESS, ECHO_PORT);
		p.world.run(3000);
		expect(text(client.read())).toBe("there and back");
		expect(service.read()).toBeUndefined();
	});
});

describe("discard, RFC 863", () => {
	it("takes everything and says nothing", () => {
		const { p } = serve();
		let sent = 0;
		let heard = 0;
		let ended = false;
		new p.a.TCP({
			address: ADDRESS,
			port: DISCARD_PORT,
			onWritable(room) {
				if (sent >= 50_000) return this.shutdown();
				sent += room;
				this.write(new Uint8Array(room));
			},
			onReadable: () => heard++,
			onError() {
				ended = true;
				expect(this.error).toBe("closed");
			},
		});
		const client = new p.a.UDP({});
		client.write(ascii("x"), ADDRESS, DISCARD_PORT);
		expect(p.world.until(() => ended, 60_000)).toBe(true);
		expect(sent).toBeGreaterThanOrEqual(50_000);
		expect(heard).toBe(0);
		expect(client.read()).toBeUndefined();
	});
});

describe("character generator, RFC 864", () => {
	it("sends lines of 72 characters, each beginning one character later", () => {
		const { p } = serve();
		let got = "";
		const client = new p.a.TCP({
			address: ADDRESS,
			port: CHARGEN_PORT,
			onReadable() {
				got += text(this.read());
			},
		});
		expect(p.world.until(() => got.length > 20_000, 60_000)).toBe(true);
		client.close();
		const lines = got.split("\r\n").slice(0, -1);
		expect(lines[0]!.startsWith(" !\"#$%&'()*+,-./0123456789")).toBe(true);
		const ring = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
			.join("")
			.repeat(2);
		for (const [i, line] of lines.entries()) expect(line).toBe(ring.slice(i % 95, (i % 95) + 72));
	});

	it("answers a datagram with up to 512 characters, and only so many a second", () => {
		const { p, services } = serve(pair({ packets: 64 }));
		const client = new p.a.UDP({});
		let answers = 0;
		for (let i = 0; i < 120; i++) {
			client.write(new ArrayBuffer(1), ADDRESS, CHARGEN_PORT);
			p.world.run(i === 0 ? 3000 : 10);
			for (let datagram = client.read(); datagram; datagram = client.read()) {
				answers++;
				expect(datagram.byteLength).toBeLessThanOrEqual(512);
			}
		}
		expect(answers).toBe(50);
		services.sweep();
		client.write(new ArrayBuffer(1), ADDRESS, CHARGEN_PORT);
		p.world.run(100);
		expect(client.read()).toBeDefined();
	});
});

describe("services", () => {
	it("give everything back when closed", () => {
		const { p, services } = serve();
		const client = new p.a.TCP({ address: ADDRESS, port: CHARGEN_PORT });
		p.world.run(3000);
		services.close();
		client.close();
		p.world.run(300_000);
		expect(statusOf(p.two.stack).sockets).toEqual([]);
	});
});
