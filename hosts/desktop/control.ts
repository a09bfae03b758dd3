// What whoever started the board may ask of it while it runs: its status, a link up or down, faults of a wire, addresses. Each request is a frame of JSON of the descriptor that the
// board was started with, and so is each answer.

import { CLOSED, setWatch, watch, WRITABLE } from "host/loop";
import { receive, send } from "host/wire";
import type { Interface, Stack } from "multihome";
import { JsonPieces, STATUS } from "multihome/status";
import type { Faults } from "../../src/device/faults.ts";
import { asciiJson } from "./ascii-json.ts";
import type { BoardMessage, BoardRequest } from "./config.ts";

/** Longest request, bytes. */
const LONGEST = 4096;
/** Bytes of status in one part of an answer. */
const PART = 2048;

/** What is done to an interface. */
const ACTIONS: readonly string[] = ["link", "faults", "addAddress", "removeAddress"];

export interface Controlled {
	stack(): Stack;
	/** The wires whose faults may be changed, by interface. */
	readonly faults: ReadonlyMap<string, Faults>;
	/** The other end is gone, or said that it is: the board ends. */
	end(): void;
}

export class Control {
	readonly #fd: number;
	readonly #controlled: Controlled;
	readonly #request = new Uint8Array(LONGEST);
	/** Messages that wait for room, in their order. */
	readonly #waiting: Uint8Array[] = [];
	/** Who waits for a status, the first of whom is being told it. */
	readonly #statuses: number[] = [];
	#pieces: JsonPieces | undefined;
	readonly #part = new Uint8Array(PART);

	constructor(fd: number, controlled: Controlled) {
		this.#fd = fd;
		this.#controlled = controlled;
		watch(fd, (_fd, events) => {
			if (events & WRITABLE) this.#drain();
			if (events & CLOSED) return controlled.end();
			for (let length; (length = receive(fd, this.#request, 0, LONGEST)) !== 0;) {
				if (length === -1) return controlled.end();
				if (length > 0) this.#hear(this.#request.subarray(0, length));
			}
		});
	}

	/** Tells whoever started us. */
	tell(message: BoardMessage): void {
		this.#waiting.push(bytesOf(message));
		this.#drain();
	}

	/** Sends what waits, and then of a status what there is room for: the board's heap has none for the whole. */
	#drain(): void {
		const waiting = this.#waiting;
		do
			while (waiting.length > 0) {
				if (send(this.#fd, waiting[0]!, 0, waiting[0]!.length) === 0) {
					setWatch(this.#fd, true, true);
					return;
				}
				waiting.shift();
			}
		while (this.#nextPart());
		setWatch(this.#fd, true, false);
	}

	/** Puts the next part of the status that is being told behind what waits. Answers false when none is. */
	#nextPart(): boolean {
		const answer = this.#statuses[0];
		if (answer === undefined) return false;
		this.#pieces ??= new JsonPieces(STATUS, this.#controlled.stack());
		const length = this.#pieces.put(this.#part, 0, PART);
		let part = "";
		for (let i = 0; i < length; i++) part += String.fromCharCode(this.#part[i]!);
		if (length > 0) this.#waiting.push(bytesOf({ answer, part }));
		else {
			this.#waiting.push(bytesOf({ answer, last: true }));
			this.#statuses.shift();
			this.#pieces.reset();
		}
		return true;
	}

	#hear(bytes: Uint8Array): void {
		let text = "";
		for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
		const request = JSON.parse(text) as BoardRequest;
		if (request.do === "status") {
			this.#statuses.push(request.id);
			this.#drain();
			return;
		}
		try {
			this.#do(request);
			this.tell({ answer: request.id, last: true });
		} catch (error) {
			this.tell({ answer: request.id, wrong: (error as Error).message });
		}
	}

	#do(request: Exclude<BoardRequest, { do: "status" }>): void {
		const stack = this.#controlled.stack();
		if (!ACTIONS.includes(request.do))
			throw new TypeError(`do ${JSON.stringify(request.do)}: expected status, ${ACTIONS.join(", ")}`);
		const link: Interface | undefined = stack.interfaces.find(request.interface);
		if (link === undefined) throw new RangeError(`interface "${request.interface}": there is none of that name`);
		switch (request.do) {
			case "link":
				link.enabled = request.up;
				return;
			case "faults": {
				const faults = this.#controlled.faults.get(request.interface);
				if (faults === undefined)
					throw new RangeError(`faults of "${request.interface}": expected an Ethernet interface with a wire of its own`);
				faults.change(request.faults);
				return;
			}
			case "addAddress":
				link.addAddress(request.address);
				return;
			case "removeAddress": {
				const entry = link.addresses.find(({ address }) => address === request.address.replace(/\/.*/, ""));
				if (entry === undefined) throw new RangeError(`address "${request.address}": "${request.interface}" does not have it`);
				link.removeAddress(entry);
				return;
			}
		}
	}
}

function bytesOf(message: BoardMessage): Uint8Array {
	const ascii = asciiJson(message);
	const bytes = new Uint8Array(ascii.length);
	for (let i = 0; i < ascii.length; i++) bytes[i] = ascii.charCodeAt(i);
	return bytes;
}
