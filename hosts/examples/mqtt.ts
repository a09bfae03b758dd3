// An MQTT 3.1.1 client: publishes with QoS 0 and 1, subscribes, pings, and connects again with growing pauses when the connection is lost, after which
// it subscribes anew and sends once more what was not acknowledged. Not here: TLS, wills, QoS 2, sessions that outlive a connection.
//
//	const client = new MqttClient(device, { host: "broker.example", client: "board-7", onMessage(topic, payload) { … } });
//	client.publish("boards/7", bytesOf("hello"), { qos: 1 });

import Timer from "timer";
import { addressOf } from "./common.ts";
import type { Bytes, Device, TCP } from "./device.ts";
import { textOf } from "./http/text.ts";
import * as mqtt from "./mqtt/packets.ts";

/** A callback that throws while something is received or written ends the client; the stack reports what it threw, as with sockets. */
export interface MqttOptions {
	/** Name or address of the broker. */
	host: string;
	/** 1883 unless told. */
	port?: number;
	/** Identifier of this client: another that connects with the same takes the connection away. */
	client: string;
	user?: string;
	password?: string;
	/** Go by this interface only. */
	interface?: string;
	/** Seconds of silence that the broker tolerates, 60 unless told; half of it without a word is followed by a ping. */
	keepAlive?: number;
	/** Messages that may wait for a connection, or for their acknowledgment. 8 unless told. */
	queue?: number;
	/** Longest message that is received, bytes, topic included; longer ones are read over. 1024 unless told. */
	messageBytes?: number;
	/** The broker has taken the login. */
	onConnected?(): void;
	/** `payload` is valid during the call. */
	onMessage?(topic: string, payload: Uint8Array, retained: boolean): void;
	/** The connection is lost, or did not come about; the next try comes in `retryMs`. */
	onDisconnected?(reason: string, retryMs: number): void;
}

export interface PublishOptions {
	/** 0: at most once. 1: at least once, sent again until it is acknowledged. */
	qos?: 0 | 1;
	retain?: boolean;
	/** It is written (QoS 0), or acknowledged (QoS 1). */
	onDone?(): void;
}

/** The first pause before the next try, and the longest, ms. Each is twice the one before, less up to half by chance, so that a broker that comes back is not run over. */
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** From here to the broker's answer to the login, ms. */
const CONNECT_MS = 15_000;
/** So many times half of `keepAlive` a broker may take all that is sent and leave a ping without an answer. */
const PATIENCE = 4;
const PING_BYTES = 2;

/** Return codes of CONNACK, §3.2.2.3. */
const REFUSALS = [
	"",
	"unacceptable protocol version",
	"identifier rejected",
	"server unavailable",
	"bad user name or password",
	"not authorized",
];

/** A packet that waits to be written, or to be acknowledged. */
interface Message {
	bytes: Uint8Array;
	/** 0: none is awaited. */
	id: number;
	/** Written to the present connection. */
	sent: boolean;
	onDone: (() => void) | undefined;
}

export class MqttClient {
	readonly #device: Device;
	readonly #options: MqttOptions;
	readonly #keepAlive: number;
	readonly #reader: mqtt.Reader;
	readonly #buffer = new Uint8Array(1460);
	readonly #subscriptions = new Map<string, 0 | 1>();
	readonly #queue: Message[] = [];
	/** Subscriptions, pings and acknowledgments: they end with the connection. */
	#control: Uint8Array[] = [];
	#socket: TCP | undefined = undefined;
	#room = 0;
	/** A packet of which so many bytes are written, as a connection may never have room for all of it at once; and the message that it is. */
	#out: Uint8Array | undefined = undefined;
	#written = 0;
	#writing: Message | undefined = undefined;
	#id = 0;
	/** 0 for none under way; another number for each try. */
	#try = 0;
	#tries = 0;
	#timer: ReturnType<typeof Timer.set> | undefined = undefined;
	/** A ping awaits its answer, was found without it so many times, and the line was busy when it was sent or since. */
	#pinged = false;
	#missed = 0;
	#busy = false;
	/** Something was written, read, or taken by the broker's TCP since it was last looked. */
	#moved = false;
	#closed = false;

	/** The broker has taken the login, and the connection stands. */
	connected = false;
	/** Since the start. */
	readonly counters = { connections: 0, published: 0, repeated: 0, received: 0 };

	constructor(device: Device, options: MqttOptions) {
		this.#device = device;
		this.#options = options;
		this.#keepAlive = options.keepAlive ?? 60;
		if (this.#keepAlive !== Math.floor(this.#keepAlive) || this.#keepAlive < 2 || this.#keepAlive > 65_535)
			throw new RangeError(`keepAlive ${this.#keepAlive}: expected 2 to 65535 seconds`);
		this.#reader = new mqtt.Reader(options.messageBytes ?? 1024);
		this.#begin();
	}

	/** Messages that wait. */
	get waiting(): number {
		return this.#queue.length;
	}

	/** Messages that were longer than `messageBytes`. */
	get skipped(): number {
		return this.#reader.skipped;
	}

	/** Sends a message, when there is a connection. Throws Error when too many wait already. */
	publish(topic: string, payload: Bytes, { qos = 0, retain = false, onDone }: PublishOptions = {}): void {
		if (topic === "" || /[#+\0]/.test(topic)) throw new RangeError(`topic "${topic}": expected no wildcards, and not nothing`);
		const limit = this.#options.queue ?? 8;
		if (this.#closed) throw new Error("publish: the client is closed");
		if (this.#queue.length >= limit) throw new Error(`publish: ${limit} messages wait already`);
		const bytes =
			payload instanceof ArrayBuffer
				? new Uint8Array(payload)
				: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
		const id = qos === 0 ? 0 : this.#nextId();
		this.#queue.push({ bytes: mqtt.publish(topic, bytes, qos, retain, id), id, sent: false, onDone });
		this.#write();
	}

	/** Has messages of these topics sent here, also after the connection was lost; `filter` may have the wildcards + and #. */
	subscribe(filter: string, qos: 0 | 1 = 0): void {
		this.#subscriptions.set(filter, qos);
		if (!this.connected) return;
		this.#control.push(mqtt.subscribe(this.#nextId(), filter, qos));
		this.#write();
	}

	/** Ends it, and says good-bye where that can be said at once, with no packet half written; what waits is forgotten. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.connected && this.#room >= 2 && this.#out === undefined) this.#socket!.write(mqtt.disconnect());
		this.#drop();
	}

	#begin(): void {
		const { host, port = 1883, interface: by } = this.#options;
		const attempt = (this.#try = ++this.#tries);
		const lost = (reason: string) => this.#lost(attempt, reason);
		this.#set(CONNECT_MS, () => lost("no answer"));
		const connect = (address: string) => {
			if (this.#try !== attempt) return;
			const socket = new this.#device.io.TCP({
				address,
				port,
				interface: by,
				onWritable: (room) => this.#guard(() => this.#writable(room)),
				onReadable: () => this.#guard(() => this.#read(attempt)),
				onError: () => lost(socket.error ?? "closed"),
			});
			this.#socket = socket;
		};
		try {
			addressOf(
				this.#device,
				host,
				(address) => {
					try {
						connect(address);
					} catch (error) {
						lost((error as Error).message); // all sockets are in use, or the interface is not there
					}
				},
				(error) => lost(error.message),
			);
		} catch (error) {
			lost((error as Error).message);
		}
	}

	/** What a callback throws ends the socket; so it ends the client, or nothing would ever come again. */
	#guard(action: () => void): void {
		try {
			action();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	#writable(room: number): void {
		// More was taken than a ping alone.
		if (room > this.#room + PING_BYTES) this.#moved = true;
		this.#room = room;
		if (!this.connected && this.counters.connections !== this.#tries) {
			this.counters.connections = this.#tries;
			const { client, user, password } = this.#options;
			this.#out = mqtt.connect({ client, user, password, keepAlive: this.#keepAlive });
			this.#written = 0;
		}
		this.#write();
	}

	/** Writes what waits, as far as there is room: control first. */
	#write(): void {
		while (this.#flush() && this.connected) {
			const message = this.#control.length > 0 ? undefined : this.#queue.find(({ sent }) => !sent);
			const bytes = message === undefined ? this.#control.shift() : message.bytes;
			if (bytes === undefined) return;
			this.#out = bytes;
			this.#written = 0;
			this.#writing = message;
		}
	}

	/** Writes on. Answers whether no packet is half written. */
	#flush(): boolean {
		const out = this.#out;
		if (out === undefined) return true;
		const size = Math.min(this.#room, out.length - this.#written);
		if (size > 0) {
			this.#room = this.#socket!.write(out, this.#written, size);
			this.#moved = true;
		}
		this.#written += size;
		if (this.#written < out.length) return false;
		const message = this.#writing;
		this.#out = this.#writing = undefined;
		if (message === undefined) return true;
		this.counters.published++;
		message.sent = true;
		if (message.id !== 0) return true;
		this.#queue.splice(this.#queue.indexOf(message), 1);
		message.onDone?.();
		return true;
	}

	#read(attempt: number): void {
		const bytes = this.#buffer;
		for (let end = this.#socket!.read(bytes); end !== undefined; end = this.#socket?.read(bytes)) {
			this.#moved = true;
			const sound = this.#reader.take(bytes, 0, end, (first, body) => {
				this.#packet(first, body, attempt);
				return this.#try === attempt;
			});
			if (!sound) this.#lost(attempt, "a packet's length has more than four bytes");
			if (this.#try !== attempt) return;
		}
	}

	#packet(first: number, body: Uint8Array, attempt: number): void {
		const type = first >> 4;
		if (type === mqtt.CONNACK && !this.connected && body.length === 2) {
			if (body[1] === 0) this.#accepted();
			else this.#lost(attempt, REFUSALS[body[1]!] ?? `refused with ${body[1]}`);
		} else if (!this.connected) this.#lost(attempt, `packet ${type} before the login was answered`);
		else if (type === mqtt.PUBLISH) this.#message(first, body, attempt);
		else if (type === mqtt.PUBACK && body.length >= 2) this.#acknowledged((body[0]! << 8) | body[1]!);
		else if (type === mqtt.PINGRESP) this.#pinged = this.#moved = false;
		else if (type !== mqtt.SUBACK) this.#lost(attempt, `packet ${type} is none for a client`);
	}

	#accepted(): void {
		this.connected = true;
		this.#retryMs = RETRY_MS;
		for (const [filter, qos] of this.#subscriptions) this.#control.push(mqtt.subscribe(this.#nextId(), filter, qos));
		this.#set((this.#keepAlive * 1000) / 2, this.#ping, true);
		this.#options.onConnected?.();
		this.#write();
	}

	/** Half the time that the broker tolerates has passed. A line on which a long packet, or what waits before the ping, still moves is slow and not silent. */
	readonly #ping = (): void => {
		const moved = this.#moved;
		this.#moved = false;
		if (this.#out !== undefined) {
			if (!moved) this.#lost(this.#try, "silent");
			return;
		}
		if (this.#pinged) {
			// What the broker's TCP has taken it may not have read yet.
			if (moved) this.#busy = true;
			this.#missed++;
			if (!this.#busy || this.#missed === PATIENCE) this.#lost(this.#try, "silent");
			return;
		}
		this.#busy = moved;
		this.#missed = 0;
		this.#pinged = true;
		this.#control.push(mqtt.pingreq());
		this.#write();
		this.#moved = false;
	};

	/** §3.3. */
	#message(first: number, body: Uint8Array, attempt: number): void {
		const qos = (first >> 1) & 3;
		const end = 2 + ((body[0]! << 8) | body[1]!);
		const at = qos === 0 ? end : end + 2;
		if (body.length < 2 || at > body.length || qos > 1) return this.#lost(attempt, "a message that is none");
		this.counters.received++;
		this.#options.onMessage?.(textOf(body, 2, end), body.subarray(at), (first & mqtt.RETAIN) !== 0);
		if (qos === 0 || !this.connected) return;
		this.#control.push(mqtt.puback((body[end]! << 8) | body[end + 1]!));
		this.#write();
	}

	#acknowledged(id: number): void {
		const index = this.#queue.findIndex((message) => message.id === id && message.sent);
		if (index < 0) return;
		const [message] = this.#queue.splice(index, 1);
		message!.onDone?.();
	}

	#retryMs = RETRY_MS;

	/** The connection of this try is no more. */
	#lost(attempt: number, reason: string): void {
		if (this.#try !== attempt || this.#closed) return;
		this.#drop();
		for (const message of this.#queue) {
			if (!message.sent) continue;
			message.sent = false;
			message.bytes[0]! |= mqtt.DUP; // §3.3.1.1
			this.counters.repeated++;
		}
		const ms = this.#retryMs;
		this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * ms);
		const pause = Math.round(ms * (1 - Math.random() / 2));
		this.#set(pause, () => this.#begin());
		this.#options.onDisconnected?.(reason, pause);
	}

	#drop(): void {
		this.#try = 0;
		this.connected = this.#pinged = this.#moved = false;
		this.#out = this.#writing = undefined;
		this.#control = [];
		this.#reader.reset();
		this.#set(0, undefined);
		this.#socket?.close();
		this.#socket = undefined;
	}

	/** One timer, for whatever is waited for. */
	#set(ms: number, action: (() => void) | undefined, repeat = false): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		if (action === undefined) return;
		if (repeat) this.#timer = Timer.repeat(action, ms);
		else
			this.#timer = Timer.set(() => {
				this.#timer = undefined;
				action();
			}, ms);
	}

	/** An identifier that no message which waits has, 1 to 65,535. §2.3.1. */
	#nextId(): number {
		do this.#id = (this.#id % 65_535) + 1;
		while (this.#queue.some(({ id }) => id === this.#id));
		return this.#id;
	}
}
