import { describe, expect, it } from "vitest";
import publish from "../../../hosts/examples/mqtt-publish.ts";
import { MqttClient, type MqttOptions } from "../../../hosts/examples/mqtt.ts";
import * as mqtt from "../../../hosts/examples/mqtt/packets.ts";
import { textOf } from "../../../hosts/examples/http/text.ts";
import { Prng } from "../../support/prng.ts";
import { ascii, pair } from "../io/pair.ts";
import { LEAST, Server, stage, type Connection, type Stage } from "./program.ts";
import { statusOf } from "../../../src/status/status.ts";

/** What a client sent: the first byte in hexadecimal, and the rest as text. */
interface Packet {
	first: number;
	body: string;
}

/** A broker that the test plays: it reads packets, and answers the login, subscriptions, pings and QoS 1 unless told. */
class Broker {
	readonly server: Server;
	readonly packets: Packet[] = [];
	/** Types of packets that are not answered. */
	readonly mute = new Set<number>();
	/** Return code of CONNACK. */
	code = 0;

	constructor(s: Stage, port = 1883) {
		s.names["broker"] = "10.0.0.2";
		this.server = new Server(s.b, port, (connection) => this.#read(connection));
	}

	/** Packets of a type, as text. */
	of(type: number): string[] {
		return this.packets.filter(({ first }) => first >> 4 === type).map(({ body }) => body);
	}

	#read(connection: Connection): void {
		const { received } = connection;
		while (received.length >= 2) {
			let length = 0;
			let head = 1;
			do length |= (received[head]! & 127) << (7 * (head - 1));
			while (received[head++]! > 127);
			if (received.length < head + length) return;
			const [first] = received.splice(0, head);
			const body = received.splice(0, length);
			this.packets.push({ first: first!, body: textOf(Uint8Array.from(body), 0, body.length) });
			if (!this.mute.has(first! >> 4)) this.#answer(connection, first!, body);
		}
	}

	#answer(connection: Connection, first: number, body: number[]): void {
		const type = first >> 4;
		if (type === mqtt.CONNECT) connection.send([0x20, 2, 0, this.code]);
		else if (type === mqtt.SUBSCRIBE) connection.send([0x90, 3, body[0]!, body[1]!, body[body.length - 1]!]);
		else if (type === mqtt.PINGREQ) connection.send([0xd0, 0]);
		else if (type === mqtt.PUBLISH && first & 6) {
			const at = 2 + ((body[0]! << 8) | body[1]!);
			connection.send([0x40, 2, body[at]!, body[at + 1]!]);
		}
	}
}

function client(s: Stage, options: Partial<MqttOptions> = {}): { mqtt: MqttClient; told: string[]; retries: number[] } {
	const told: string[] = [];
	const retries: number[] = [];
	const made = new MqttClient(s.device, {
		host: "broker",
		client: "one",
		onConnected: () => told.push("connected"),
		onMessage: (topic, payload, retained) =>
			told.push(`${topic}: ${textOf(payload, 0, payload.length)}${retained ? " (retained)" : ""}`),
		onDisconnected(reason, ms) {
			told.push(reason);
			retries.push(ms);
		},
		...options,
	});
	return { mqtt: made, told, retries };
}

describe("an MQTT client", () => {
	it("logs in with what it was given", () => {
		const s = stage();
		const broker = new Broker(s);
		const { told } = client(s, { user: "me", password: "secret", keepAlive: 300 });
		s.world.run(1000);
		expect(told).toEqual(["connected"]);
		expect(broker.packets).toEqual([{ first: 0x10, body: "\0\x04MQTT\x04\xc2\x01\x2c\0\x03one\0\x02me\0\x06secret" }]);
	});

	it("publishes with QoS 0, which is done when it is written, and QoS 1, when it is acknowledged", () => {
		const s = stage();
		const broker = new Broker(s);
		broker.mute.add(mqtt.PUBLISH);
		const { mqtt: c } = client(s);
		const done: string[] = [];
		c.publish("a/b", ascii("zero"), { onDone: () => done.push("zero") });
		c.publish("a/b", ascii("one").buffer, { qos: 1, retain: true, onDone: () => done.push("one") });
		expect(c.waiting).toBe(2);
		s.world.run(1000);
		expect(done).toEqual(["zero"]);
		expect(broker.packets.slice(1)).toEqual([
			{ first: 0x30, body: "\0\x03a/bzero" },
			{ first: 0x33, body: "\0\x03a/b\0\x01one" },
		]);
		broker.server.last.send([0x40, 2, 0, 9]); // of no message
		broker.server.last.send([0x40, 2, 0, 1]);
		s.world.run(100);
		expect(done).toEqual(["zero", "one"]);
		expect(c.waiting).toBe(0);
	});

	it("hears what it subscribed to, acknowledges QoS 1, and reads over what is too long", () => {
		const s = stage();
		const broker = new Broker(s);
		const { mqtt: c, told } = client(s, { messageBytes: 100 });
		c.subscribe("say/#", 1);
		s.world.run(1000);
		expect(broker.of(mqtt.SUBSCRIBE)).toEqual(["\0\x01\0\x05say/#\x01"]);
		const { last } = broker.server;
		last.send(mqtt.publish("say/a", ascii("hello"), 0, false, 0));
		last.send(mqtt.publish("say/b", new Uint8Array(300), 0, false, 0));
		last.send(mqtt.publish("say/c", ascii("old"), 1, true, 0x1234));
		s.world.run(1000);
		expect(told).toEqual(["connected", "say/a: hello", "say/c: old (retained)"]);
		expect(broker.of(mqtt.PUBACK)).toEqual(["\x12\x34"]);
		expect(c.skipped).toBe(1);
	});

	it("after a lost connection subscribes anew and sends once more, marked, what was not acknowledged", () => {
		const s = stage();
		const broker = new Broker(s);
		broker.mute.add(mqtt.PUBLISH);
		const { mqtt: c, told } = client(s);
		c.subscribe("x");
		c.publish("t", ascii("1"), { qos: 1 });
		s.world.run(1000);
		broker.server.last.socket.close();
		broker.mute.clear();
		s.world.run(5000);
		expect(told[1]).toMatch(/^(closed|reset)$/);
		expect(told[2]).toBe("connected");
		expect(broker.of(mqtt.SUBSCRIBE)).toHaveLength(2);
		const sent = broker.packets.filter(({ first }) => first >> 4 === mqtt.PUBLISH);
		expect(sent.map(({ first, body }) => `${first.toString(16)} ${body.slice(-1)}`)).toEqual(["32 1", "3a 1"]);
		expect(c.waiting).toBe(0);
		expect(c.counters.repeated).toBe(1);
	});

	it("tries again with pauses that double to a minute, and begins with short ones after a success", () => {
		const s = stage();
		const { told, retries } = client(s, { host: "10.0.0.2" });
		s.world.run(600_000);
		expect(new Set(told)).toEqual(new Set(["refused"]));
		for (const [i, ms] of retries.entries()) {
			const most = Math.min(60_000, 1000 * 2 ** i);
			expect(ms).toBeGreaterThanOrEqual(most / 2);
			expect(ms).toBeLessThanOrEqual(most);
		}
		expect(retries.length).toBeLessThan(30);
		const broker = new Broker(s);
		s.world.run(61_000);
		expect(told[told.length - 1]).toBe("connected");
		broker.server.last.socket.close();
		s.world.run(500);
		expect(retries[retries.length - 1]).toBeLessThanOrEqual(1000);
	});

	it("pings in silence, and gives up a broker that does not answer", () => {
		const s = stage();
		const broker = new Broker(s);
		const { told } = client(s, { keepAlive: 10 });
		s.world.run(31_000);
		expect(told).toEqual(["connected"]);
		expect(broker.of(mqtt.PINGREQ).length).toBeGreaterThanOrEqual(5);
		broker.mute.add(mqtt.PINGREQ);
		s.world.run(10_000);
		expect(told[1]).toBe("silent");
	});

	/** Half of a broker's tolerance, ms. */
	const TICK_MS = 10_000;

	/** A broker that reads so many bytes a second after the login, for `seconds`. */
	function slowly(bytesPerSecond: number, seconds: number, length: number) {
		const s = stage();
		const broker = new Broker(s);
		const { mqtt: c, told } = client(s, { keepAlive: (2 * TICK_MS) / 1000 });
		s.world.run(1000);
		broker.server.last.slow = true;
		c.publish("t", ascii("x".repeat(length)), { qos: 1 });
		for (let i = 0; i < seconds; i++) {
			s.world.run(1000);
			if (bytesPerSecond > 0 && told.length === 1) broker.server.last.readSome(bytesPerSecond);
		}
		return { told, broker, waiting: c.waiting };
	}

	it("sends a long message on a slow line, however long that takes, and pings behind it", () => {
		const { told, broker, waiting } = slowly(400, 120, 24_000);
		expect(told).toEqual(["connected"]);
		expect(broker.of(mqtt.PUBLISH)).toHaveLength(1);
		expect(broker.server.connections).toHaveLength(1);
		expect(waiting).toBe(0);
		expect(broker.of(mqtt.PINGREQ).length).toBeGreaterThan(2);
	});

	it("gives up a broker that takes nothing more, in the middle of a message", () => {
		expect(slowly(0, 15, 24_000).told).toEqual(["connected"]);
		expect(slowly(0, 32, 24_000).told).toContain("silent");
	});

	it("gives up one that takes messages of QoS 0 all the time and answers no ping", () => {
		const s = stage();
		const broker = new Broker(s);
		const { mqtt: c, told } = client(s, { keepAlive: (2 * TICK_MS) / 1000 });
		s.world.run(1000);
		broker.mute.add(mqtt.PINGREQ);
		for (let i = 0; i < 55 && told.length === 1; i++) {
			c.publish("t", ascii("x"));
			s.world.run(1000);
		}
		expect(told.slice(0, 2)).toEqual(["connected", "silent"]);
	});

	it("says why it was refused, why a broker is none, and tries again", () => {
		const s = stage();
		const broker = new Broker(s);
		broker.code = 5;
		const { told } = client(s);
		s.world.run(200);
		expect(told).toEqual(["not authorized"]);
		const others: [string, number[], RegExp][] = [
			["10.0.0.2", [0x30, 2, 0, 0], /^packet 3 before the login was answered$/],
			["10.0.0.2", [0x20, 0xff, 0xff, 0xff, 0xff, 1], /^a packet's length has more than four bytes$/],
			["10.0.0.2", [0x20, 2, 0, 0, 0x36, 2, 0, 0], /^a message that is none$/],
			["10.0.0.2", [0x20, 2, 0, 0, 0x30, 2, 0, 9], /^a message that is none$/],
			["10.0.0.2", [0x20, 2, 0, 0, 0x10, 0], /^packet 1 is none for a client$/],
		];
		for (const [host, bytes, reason] of others) {
			const t = stage();
			new Server(t.b, 1883, (connection) => connection.take() && connection.send(bytes));
			const { told: said } = client(t, { host });
			t.world.run(400);
			expect(said.filter((line) => line !== "connected")[0]).toMatch(reason);
		}
	});

	it.each(["onMessage", "onConnected", "onDone"])(
		"that throws in %s ends; the stack reports it, once, and nothing is repeated",
		(name) => {
			const s = stage();
			const reported: unknown[] = [];
			s.one.stack.events.onError = (error) => reported.push(error);
			const broker = new Broker(s);
			const mistake = new Error("mine");
			const wrong = () => {
				throw mistake;
			};
			const { mqtt: c, told } = client(s, { [name]: wrong });
			c.publish("t", ascii("1"), { qos: 1, onDone: name === "onDone" ? wrong : undefined });
			s.world.run(1000);
			if (name === "onMessage") broker.server.last.send(mqtt.publish("say", ascii("hello"), 1, false, 7));
			s.world.run(200_000);
			expect(reported).toEqual([mistake]);
			expect(told).toEqual(name === "onConnected" ? [] : ["connected"]);
			expect(broker.server.connections.length).toBe(1);
			expect(c.counters.repeated).toBe(0);
			expect(() => c.publish("t", ascii("2"))).toThrow("publish: the client is closed");
			expect(statusOf(s.one.stack).sockets).toEqual([]);
		},
	);

	it("waits for no more messages than it may, and refuses topics that are none", () => {
		const s = stage();
		const { mqtt: c } = client(s, { queue: 2 });
		expect(() => c.publish("a/#", ascii(""))).toThrow('topic "a/#": expected no wildcards, and not nothing');
		expect(() => c.publish("", ascii(""))).toThrow(RangeError);
		c.publish("t", ascii("1"));
		c.publish("t", ascii("2"));
		expect(() => c.publish("t", ascii("3"))).toThrow("publish: 2 messages wait already");
		expect(() => client(s, { keepAlive: 1 })).toThrow("keepAlive 1: expected 2 to 65535 seconds");
	});

	it("says good-bye, and leaves nothing behind", () => {
		const s = stage();
		const broker = new Broker(s);
		const { mqtt: c, told } = client(s);
		s.world.run(1000);
		c.close();
		c.close();
		expect(() => c.publish("t", ascii("1"))).toThrow("publish: the client is closed");
		s.world.run(200_000);
		expect(broker.packets[1]).toEqual({ first: 0xe0, body: "" });
		expect(told).toEqual(["connected"]);
		broker.server.crash();
		s.world.run(200_000);
		expect(statusOf(s.one.stack).sockets).toEqual([]);
	});

	it("as a program publishes a line at a time, and prints what is said to it", () => {
		const s = stage();
		const broker = new Broker(s);
		publish(s.device, { host: "broker", client: "one", everyMs: 1000 });
		s.world.run(3500);
		expect(broker.of(mqtt.PUBLISH).map((body) => body.replace(/[^ -~]/g, ""))).toEqual([
			"boards/oneline 1",
			"boards/oneline 2",
			"boards/oneline 3",
		]);
		broker.server.last.send(mqtt.publish("boards/one/say", ascii("hi"), 1, false, 1));
		s.world.run(100);
		expect(s.lines).toEqual(["connected to broker", "boards/one/say: hi"]);
	});
});

describe("an MQTT client of a stack whose pool is exhausted", () => {
	it("sends a login and messages that are longer than the room there ever is, in their order", () => {
		const s = stage(pair(LEAST));
		const broker = new Broker(s);
		const { mqtt: one, told } = client(s, { user: "u".repeat(600), password: "secret" });
		s.world.run(2000);
		expect(told).toEqual(["connected"]);
		const done: number[] = [];
		for (const [i, qos] of ([0, 1, 0] as const).entries())
			one.publish("t", ascii(String(i).repeat(2000)), { qos, onDone: () => done.push(i) });
		one.subscribe("x");
		s.world.run(5000);
		expect(broker.of(mqtt.PUBLISH).map((body) => [body.length, body.at(-1)])).toEqual([
			[2003, "0"],
			[2005, "1"],
			[2003, "2"],
		]);
		expect(broker.of(mqtt.SUBSCRIBE)).toHaveLength(1);
		expect(done.sort()).toEqual([0, 1, 2]);
		expect(one.waiting).toBe(0);
	});

	it("sends a message that was half written when the connection was lost once more, from its beginning", () => {
		const s = stage(pair(LEAST));
		const broker = new Broker(s);
		const { mqtt: one } = client(s);
		s.world.run(1000);
		one.publish("t", ascii("x".repeat(3000)), { qos: 1 });
		broker.server.last.socket.close();
		s.world.run(20_000);
		expect(broker.of(mqtt.PUBLISH)).toHaveLength(1);
		expect(one.counters).toMatchObject({ connections: 2, published: 1, repeated: 0 });
		expect(one.waiting).toBe(0);
	});
});

describe("MQTT's packets", () => {
	it.each([
		[0, 2],
		[117, 2],
		[118, 3],
		[16_373, 3],
		[16_374, 4],
	])("have lengths of seven bits a byte: payload of %d bytes, head of %d", (payload, head) => {
		const bytes = mqtt.publish("12345678", new Uint8Array(payload), 0, false, 0);
		expect(bytes.length).toBe(head + 10 + payload);
		const reader = new mqtt.Reader(20_000);
		let seen = -1;
		reader.take(bytes, 0, bytes.length, (_first, body) => {
			seen = body.length;
			return true;
		});
		expect(seen).toBe(10 + payload);
	});

	it("are the same however they are cut", () => {
		const seed = 3;
		const prng = new Prng(seed);
		for (let round = 0; round < 20; round++) {
			const sizes = Array.from({ length: 10 }, () => prng.pick([0, 1, 100, 127, 128, 500, 700]));
			const bytes: number[] = [];
			for (const size of sizes) for (const byte of mqtt.publish("t", prng.bytes(size), 0, false, 0)) bytes.push(byte);
			const reader = new mqtt.Reader(600);
			const seen: number[] = [];
			for (let at = 0; at < bytes.length;) {
				const piece = new Uint8Array(bytes.slice(at, (at += 1 + prng.below(300))));
				reader.take(piece, 0, piece.length, (_first, body) => {
					seen.push(body.length - 3);
					return true;
				});
			}
			expect([seed, round, ...seen]).toEqual([seed, round, ...sizes.filter((size) => size <= 500)]);
			expect(reader.skipped).toBe(sizes.filter((size) => size > 500).length);
		}
	});
});
