// Sockets of either family: what programs do with literals of IPv6, two stacks on one wire.

import { describe, expect, it } from "vitest";
import type { StackOptions } from "../../../src/config.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import { PacketSocket } from "../../../src/io/raw.ts";
import { statusOf } from "../../../src/status/status.ts";
import { ascii, connected, pair, text, type Pair } from "./pair.ts";

const ONE = "2001:db8::1";
const TWO = "2001:db8::2";

/** Both stacks have addresses of IPv6 beside those of IPv4. */
function both(options: StackOptions = {}): Pair {
	const p = pair(options);
	p.one.stack.interfaces.find("eth0")!.addAddress(`${ONE}/64`);
	p.two.stack.interfaces.find("eth0")!.addAddress(`${TWO}/64`);
	return p;
}

describe("by IPv6", () => {
	it("TCP connects, carries 100,000 bytes each way, and ends", () => {
		const p = both();
		const size = 100_000;
		const { client, server } = connected(p, { address: TWO });
		expect([client.remoteAddress, server.remoteAddress]).toEqual([TWO, ONE]);
		const ends = [client, server];
		const sent = [0, 0];
		const got = [0, 0];
		const wrong: string[] = [];
		const chunk = new Uint8Array(997);
		const done = () => got.every((bytes) => bytes === size);
		for (let turn = 0; turn < 4000 && !done(); turn++) {
			for (const [i, socket] of ends.entries()) {
				for (let bytes = socket.read(chunk); bytes !== undefined; bytes = socket.read(chunk)) {
					for (let k = 0; k < (bytes as number); k++)
						if (chunk[k] !== ((got[i]! + k) & 255)) wrong.push(`${i} at ${got[i]! + k}`);
					got[i]! += bytes as number;
				}
				const part = Uint8Array.from({ length: Math.min(500, size - sent[i]!) }, (_, k) => (sent[i]! + k) & 255);
				try {
					if (part.length > 0) socket.write(part);
					sent[i]! += part.length;
				} catch {
					// no room yet
				}
			}
			p.world.run(2);
		}
		expect(wrong).toEqual([]);
		expect(got).toEqual([size, size]);
		const [connection] = statusOf(p.two.stack).sockets.filter(({ state }) => state === "established");
		expect(connection!.local).toBe(`[${TWO}]:80`);
		expect(connection!.remote.startsWith(`[${ONE}]:`)).toBe(true);
		client.close();
		server.close();
		p.world.run(200_000);
		expect(statusOf(p.two.stack).sockets.filter(({ state }) => state !== "listen")).toEqual([]);
	});

	it("each flow has a label of its own, the same in all of its packets: RFC 6437 §3", () => {
		const p = both({ sockets: { raw: 1 } });
		const capture = new PacketSocket(p.one.stack, { interface: "eth0" });
		const { client } = connected(p, { address: TWO });
		const other = new p.a.TCP({ address: TWO, port: 80 });
		const socket = new p.a.UDP({ port: 5000 });
		for (let i = 0; i < 5; i++) {
			client.write(ascii("x"));
			socket.write(ascii("x"), TWO, 7);
			p.world.run(100);
		}
		other.close();
		p.world.run(1000);
		const labels = new Map<string, Set<number>>();
		for (let frame = capture.read(); frame !== undefined; frame = capture.read()) {
			const view = new DataView(frame);
			const next = view.getUint8(20);
			if (!frame.outgoing || view.getUint16(12) !== 0x86dd || (next !== 6 && next !== 17)) continue;
			const flow = `${next} ${view.getUint16(54)}`;
			const seen = labels.get(flow) ?? new Set();
			labels.set(flow, seen.add(view.getUint32(14) & 0xfffff));
		}
		expect([...labels.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
		const all = [...labels.values()].flatMap((seen) => [...seen]);
		expect(new Set([...all, 0]).size).toBe(4);
	});

	it("TCP is refused at a port where nobody listens, and has no route to elsewhere", () => {
		const p = both();
		let error: unknown;
		const client = new p.a.TCP({ address: TWO, port: 9, onError: () => (error = client.error) });
		p.world.run(1000);
		expect(error).toBe("refused");
		expect(() => new p.a.TCP({ address: "2001:db8:9::1", port: 9 })).toThrow("no route");
	});

	it("UDP goes there and back, and says from whom", () => {
		const p = both();
		const heard: string[] = [];
		const server = new p.b.UDP({
			port: 7,
			onReadable() {
				for (let data = this.read(); data !== undefined; data = this.read()) {
					heard.push(`${data.address} ${data.localAddress} ${text(data)}`);
					this.write(data, data.address, data.port);
				}
			},
		});
		const client = new p.a.UDP({ onReadable: () => undefined });
		for (const to of [TWO, "10.0.0.2", TWO]) {
			client.write(ascii(`to ${to}`), to, 7);
			p.world.run(50);
		}
		const back: string[] = [];
		for (let data = client.read(); data !== undefined; data = client.read()) back.push(`${data.address} ${text(data)}`);
		expect(heard).toEqual([`${ONE} ${TWO} to ${TWO}`, "10.0.0.1 10.0.0.2 to 10.0.0.2", `${ONE} ${TWO} to ${TWO}`]);
		expect(back).toEqual([`${TWO} to ${TWO}`, "10.0.0.2 to 10.0.0.2", `${TWO} to ${TWO}`]);
		server.close();
	});

	it("pings are answered", () => {
		const p = both();
		const replies: string[] = [];
		const done: unknown[] = [];
		void new PingSocket(p.one.stack, {
			address: TWO,
			count: 3,
			interval: 10,
			size: 100,
			onReply: (reply: { address: string; bytes: number }) => replies.push(`${reply.address} ${reply.bytes}`),
			onDone: (statistics: unknown) => done.push(statistics),
		} as never);
		p.world.run(8000);
		expect(done).toMatchObject([{ sent: 3, received: 3 }]);
		expect(replies.length).toBe(3);
	});

	it("an address that is gone ends what used it, and leaves IPv4's alone", () => {
		const p = both();
		const six = connected(p, { address: TWO });
		const four = new p.a.TCP({ address: "10.0.0.2", port: 80 });
		p.world.run(100);
		const eth0 = p.one.stack.interfaces.find("eth0")!;
		eth0.ip.removeAddress(eth0.addresses.find(({ address }) => address === ONE)!);
		p.world.run(1000);
		expect(six.client.error).toBe("unreachable");
		expect(four.error).toBe(undefined);
	});
});
