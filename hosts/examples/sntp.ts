// An SNTP client: RFC 5905 §14 and, in more words, RFC 4330. Asks one server, believes only an answer to its own question, and asks again later: soon when
// there was no answer, less and less often as long as there is none, and never a server that says no.

import Timer from "timer";
import { addressOf } from "./common.ts";
import type { Device, UDP } from "./device.ts";

export interface SntpOptions {
	/** Name or address of the server. */
	host: string;
	/** 123 unless told. */
	port?: number;
	/** Go by this interface only. */
	interface?: string;
	/** Between two questions when all is well, ms, an hour unless told. RFC 4330 §10 wants at least 15 s. */
	interval?: number;
	/** Milliseconds of a clock that is never set, for the way there and back: Date.now unless told. */
	clock?(): number;
	/** The time: milliseconds since 1970, and of the way there and back, half of which is how far it may be off. */
	onTime(ms: number, roundTripMs: number): void;
	/** No answer, or no time in it; the next try comes in `retryMs`, or never, -1. */
	onError?(reason: string, retryMs: number): void;
}

const PACKET_BYTES = 48;
/** Leap indicator 0, version 4, mode 3 (client). RFC 5905 §7.3. */
const CLIENT = 0x23;
const SERVER_MODE = 4;
const UNSYNCHRONISED = 3;
/** Offsets of fields. */
const STRATUM = 1;
const CODE = 12;
const ORIGINATE = 24;
const RECEIVE = 32;
const TRANSMIT = 40;

const ANSWER_MS = 3000;
const RETRY_MS = 15_000;
const LONGEST_RETRY_MS = 3_600_000;
/** From 1900, where NTP counts from, to 1970, in seconds; and the end of NTP's 32 bits in 2036, where they begin anew. */
const TO_1970 = 2_208_988_800;
const ERA = 2 ** 32;

/** Milliseconds since 1970 of a timestamp; those without the first bit are of 2036 and later. RFC 4330 §3. */
function timeAt(view: DataView, at: number): number {
	const seconds = view.getUint32(at);
	return (seconds - TO_1970 + (seconds < 0x8000_0000 ? ERA : 0)) * 1000 + (view.getUint32(at + 4) * 1000) / ERA;
}

export class Sntp {
	readonly #device: Device;
	readonly #options: SntpOptions;
	readonly #interval: number;
	readonly #clock: () => number;
	#socket: UDP | undefined = undefined;
	#timer: ReturnType<typeof Timer.set> | undefined = undefined;
	#retryMs = RETRY_MS;
	#closed = false;

	constructor(device: Device, options: SntpOptions) {
		this.#device = device;
		this.#options = options;
		this.#interval = options.interval ?? 3_600_000;
		if (!(this.#interval >= RETRY_MS)) throw new RangeError(`interval ${options.interval}: expected at least ${RETRY_MS} ms`);
		this.#clock = options.clock ?? Date.now;
		this.#ask();
	}

	close(): void {
		this.#closed = true;
		this.#end();
	}

	#ask(): void {
		const { host } = this.#options;
		// Names of time servers stand for many machines: each question finds one anew.
		addressOf(
			this.#device,
			host,
			(address) => {
				if (!this.#closed) this.#send(address);
			},
			(error) => this.#failed(error.message),
		);
	}

	#send(address: string): void {
		const { port = 123, interface: by } = this.#options;
		const request = new DataView(new ArrayBuffer(PACKET_BYTES));
		request.setUint8(0, CLIENT);
		// The server sends it back, so it need be no time, and no stranger can guess it.
		const { random32 } = this.#device.stack.core;
		for (let at = TRANSMIT; at < PACKET_BYTES; at += 4) request.setInt32(at, random32());
		const sent = this.#clock();
		try {
			const socket = new this.#device.io.UDP({
				interface: by,
				onReadable: () => {
					while (this.#socket === socket) {
						const answer = socket.read();
						if (answer === undefined) return;
						if (answer.address === address && answer.port === port) this.#answer(new DataView(answer), request, sent);
					}
				},
			});
			this.#socket = socket;
			socket.write(request, address, port);
		} catch (error) {
			return this.#failed((error as Error).message); // all sockets are in use, or the interface is not there
		}
		this.#wait(ANSWER_MS, () => this.#failed("no answer"));
	}

	/** RFC 5905 §14, RFC 4330 §5. */
	#answer(answer: DataView, request: DataView, sent: number): void {
		const received = this.#clock();
		if (answer.byteLength < PACKET_BYTES) return;
		for (let i = 0; i < 8; i++) if (answer.getUint8(ORIGINATE + i) !== request.getUint8(TRANSMIT + i)) return; // not to this question
		const first = answer.getUint8(0);
		const stratum = answer.getUint8(STRATUM);
		if ((first & 7) !== SERVER_MODE) return;
		if (stratum === 0) return this.#kissed(answer);
		if (first >> 6 === UNSYNCHRONISED || stratum > 15 || (answer.getUint32(TRANSMIT) | answer.getUint32(TRANSMIT + 4)) === 0)
			return this.#failed("the server does not know the time");
		const transmitted = timeAt(answer, TRANSMIT);
		const roundTrip = Math.max(0, received - sent - (transmitted - timeAt(answer, RECEIVE)));
		this.#end();
		this.#retryMs = RETRY_MS;
		this.#wait(this.#interval, () => this.#ask());
		this.#options.onTime(transmitted + roundTrip / 2, roundTrip);
	}

	/** The kiss of death: a server that wants to be asked less, or not at all. RFC 4330 §8. */
	#kissed(answer: DataView): void {
		let code = "";
		for (let i = 0; i < 4; i++) code += String.fromCharCode(answer.getUint8(CODE + i));
		// It was asked too often: less often than so far, from now on.
		if (code === "RATE") this.#retryMs = Math.min(LONGEST_RETRY_MS, Math.max(this.#retryMs, 2 * this.#interval));
		if (code !== "DENY" && code !== "RSTR") return this.#failed(`the server says ${code}`);
		this.close();
		this.#options.onError?.(`the server says ${code}`, -1);
	}

	#failed(reason: string): void {
		if (this.#closed) return;
		this.#end();
		const ms = this.#retryMs;
		this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * ms);
		this.#wait(ms, () => this.#ask());
		this.#options.onError?.(reason, ms);
	}

	#end(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		this.#socket?.close();
		this.#socket = undefined;
	}

	#wait(ms: number, action: () => void): void {
		Timer.clear(this.#timer);
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			action();
		}, ms);
	}
}
