// What the authentication protocols have in common: a packet with code, identifier and length, a timer, and an end.

import type { Core } from "../../packet/core.ts";
import { NONE } from "../../packet/pool.ts";
import type { Outbox } from "./outbox.ts";
import { begin, finish, HEADER } from "./packets.ts";

/** A request without an answer is repeated after so long, so often. RFC 1334 §2.2.1 and RFC 1994 §4.1 leave both open. */
export const REPEAT_MS = 3000;
export const REPEATS = 10;

/** What an authentication needs of the link. */
export interface AuthLink {
	readonly core: Core;
	readonly outbox: Outbox;
	/** One direction is done: `name` is who the peer said it is, when it was the peer that had to. */
	authenticated(auth: Authenticator, name: string): void;
	authenticationFailed(auth: Authenticator, reason: string): void;
}

export abstract class Authenticator {
	readonly protocol: number;
	done = false;
	/** Whether a timer runs, and when it is due. */
	timing = false;
	due = 0;
	protected tries = 0;
	protected readonly link: AuthLink;
	protected readonly view: DataView;

	constructor(protocol: number, link: AuthLink) {
		this.protocol = protocol;
		this.link = link;
		this.view = link.core.view;
	}

	abstract start(): void;
	/** The timer ran out. */
	protected abstract expired(): void;
	/** A packet of valid length; data in bytes `at` to `end`. Answers false when it is malformed. */
	protected abstract packet(code: number, id: number, at: number, end: number): boolean;

	/** Whether that is a challenge of its own, which waits for an answer or was answered last. */
	poses(_challenge: Uint8Array): boolean {
		return false;
	}

	receive(at: number, end: number): boolean {
		const length = end - at < HEADER ? 0 : this.view.getUint16(at + 2);
		if (length < HEADER || length > end - at) return false;
		return this.packet(this.view.getUint8(at), this.view.getUint8(at + 1), at + HEADER, at + length);
	}

	tick(now: number): void {
		if (!this.timing || ((now - this.due) | 0) < 0) return;
		this.timing = false;
		this.expired();
	}

	protected wait(ms: number): void {
		this.timing = true;
		this.due = (this.link.core.now + ms) | 0;
	}

	/** One try fewer; answers whether there was one. */
	protected again(): boolean {
		if (this.tries++ >= REPEATS) return false;
		this.wait(REPEAT_MS);
		return true;
	}

	protected succeed(name: string): void {
		this.timing = false;
		if (this.done) return;
		this.done = true;
		this.link.authenticated(this, name);
	}

	protected fail(reason: string): void {
		this.timing = false;
		this.link.authenticationFailed(this, reason);
	}

	/** Sends a packet with these octets as data. */
	protected send(code: number, id: number, data: Uint8Array): void {
		const at = this.link.outbox.room(HEADER + data.length);
		if (at === NONE) return;
		let to = begin(this.view, at, code, id);
		for (let i = 0; i < data.length; i++) this.view.setUint8(to++, data[i]!);
		this.link.outbox.send(this.protocol, finish(this.view, at, to));
	}

	/** A copy of bytes `at` to `end` of the arena. */
	protected bytes(at: number, end: number): Uint8Array {
		const copy = new Uint8Array(end - at);
		for (let i = 0; i < copy.length; i++) copy[i] = this.view.getUint8(at + i);
		return copy;
	}
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
	const bytes: number[] = [];
	for (let i = 0; i < text.length; i++) {
		const point = text.codePointAt(i)!;
		if (point < 0x80) bytes.push(point);
		else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
		else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
		else {
			i++; // it has two units
			bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
		}
	}
	return new Uint8Array(bytes);
}

/** What a peer wrote, for people: octets that are no ASCII become "?". */
export function printable(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i++) text += bytes[i]! >= 0x20 && bytes[i]! < 0x7f ? String.fromCharCode(bytes[i]!) : "?";
	return text;
}

/** Whether both are the same, in a time that does not tell where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
	let difference = a.length ^ b.length;
	for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
	return difference === 0;
}

/** Names and their passwords. */
export class Accounts {
	#names: Uint8Array[] = [];
	#passwords: string[] = [];

	constructor(accounts: Readonly<Record<string, string>>) {
		for (const name of Object.keys(accounts)) {
			this.#names.push(utf8(name));
			this.#passwords.push(accounts[name]!);
		}
	}

	/** The password that belongs to a name, or undefined. */
	password(name: Uint8Array): string | undefined {
		const index = this.#names.findIndex((known) => equal(known, name));
		return index < 0 ? undefined : this.#passwords[index];
	}
}
