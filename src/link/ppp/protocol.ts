// What LCP, IPCP and IPV6CP have in common: packets (RFC 1661 §5), the negotiation of options (§6), and its end when two peers
// do not come together. Each protocol says which options it asks for and what it thinks of the peer's.

import { DROP } from "../../packet/drops.ts";
import type { Core } from "../../packet/core.ts";
import { NONE } from "../../packet/pool.ts";
import { copy } from "#codec";
import {
	ACK_RCVD,
	Automaton,
	MAX_CONFIGURE,
	MAX_FAILURE,
	OPENED,
	RCA,
	RCN,
	RCR_BAD,
	RCR_GOOD,
	REQ_SENT,
	RTA,
	RTR,
	RUC,
	RXJ_BAD,
	RXJ_GOOD,
	STATE_NAMES,
} from "./automaton.ts";
import type { Outbox } from "./outbox.ts";
import {
	begin,
	CODE_REJECT,
	CONFIGURE_ACK,
	CONFIGURE_NAK,
	CONFIGURE_REJECT,
	CONFIGURE_REQUEST,
	finish,
	HEADER,
	TERMINATE_ACK,
	TERMINATE_REQUEST,
} from "./packets.ts";

/** Bytes of the largest Configure-Request of ours. */
const REQUEST_MAX = 64;
/** Bytes of the largest option that we propose. */
const PROPOSAL_MAX = 10;
/** Configure-Requests of the peer that we do not agree with, in a row; and what it has against ours. Then the negotiation has failed. */
const MAX_ROUNDS = 2 * MAX_CONFIGURE;

/** What we think of an option of the peer's. */
export const ACCEPT = 0;
export const NAK = 1;
export const REJECT = 2;

/** What a protocol needs of the link. */
export interface Link {
	readonly core: Core;
	readonly block: number;
	readonly outbox: Outbox;
	/** A protocol is up, or not any more, or has come to its end, for a reason that is "" when it was closed. */
	protocolUp(protocol: ControlProtocol): void;
	protocolDown(protocol: ControlProtocol): void;
	protocolFinished(protocol: ControlProtocol, reason: string): void;
	/** Ends the link for that reason. */
	close(reason: string): void;
}

export abstract class ControlProtocol extends Automaton {
	/** Its PPP protocol number, and its name for people. */
	readonly protocol: number;
	readonly name: string;
	protected readonly link: Link;
	protected readonly view: DataView;
	/** Identifier of our last Configure-Request, whether its answer is still to come, and its options. */
	#requestId = 0;
	#awaiting = false;
	#request = new Uint8Array(REQUEST_MAX);
	#requestLength = 0;
	/** Configure-Naks that we sent without an Ack between, and rounds in which one of the two did not agree. */
	#naks = 0;
	#rounds = 0;
	#askedRounds = 0;
	/** What came last: code, and where its data begins and ends. */
	protected at = 0;
	protected end = 0;
	/** Why it failed. */
	#reason = "";
	#packetId = 0;
	#id = 0;

	constructor(protocol: number, name: string, link: Link) {
		super();
		this.protocol = protocol;
		this.name = name;
		this.link = link;
		this.view = link.core.view;
	}

	/** Everything as at the beginning of a link. */
	reset(): void {
		this.state = 0;
		this.timing = false;
		this.#awaiting = false;
		this.#naks = this.#rounds = this.#askedRounds = 0;
		this.#reason = "";
		this.forget();
	}

	/** What was agreed is void. Called at the beginning of a link. */
	protected abstract forget(): void;
	/** A new negotiation begins: wishes that were withdrawn may be made again, as far as the peer has not rejected them. */
	protected renew(): void {}
	/** Writes the options that we ask for; answers where they end. */
	protected abstract ask(at: number): number;
	/** The options of a request begin: what the peer asked for before is void. */
	protected abstract judging(): void;
	/** What we think of an option of the peer's; its data lie at `at`. Notes what it accepts. */
	protected abstract judge(type: number, at: number, length: number): number;
	/** Writes the data that we would accept instead; answers where they end. */
	protected abstract suggest(type: number, at: number, requested: number, length: number): number;
	/** Writes whole options that the peer should have asked for; answers where they end. */
	protected missing(at: number): number {
		return at;
	}
	/** The peer proposes another value for an option of ours. */
	protected abstract naked(type: number, at: number, length: number): void;
	/** The peer does not want an option of ours. */
	protected abstract rejected(type: number): void;

	/** Why it has failed or is about to; "" otherwise. */
	get reason(): string {
		return this.#reason;
	}

	get stateName(): string {
		return STATE_NAMES[this.state]!;
	}

	get opened(): boolean {
		return this.state === OPENED;
	}

	/** Whether it is opened, or may still be. */
	get alive(): boolean {
		return this.state >= REQ_SENT;
	}

	protected override get now(): number {
		return this.link.core.now;
	}

	protected override layerUp(): void {
		this.#naks = this.#rounds = this.#askedRounds = 0;
		this.link.protocolUp(this);
	}

	protected override layerDown(): void {
		this.renew();
		this.link.protocolDown(this);
	}

	protected override layerStarted(): void {}

	protected override layerFinished(): void {
		this.link.protocolFinished(this, this.#reason);
	}

	/** Ends it for that reason, without asking the peer. */
	protected fail(reason: string): void {
		this.#reason = `${this.name}: ${reason}`;
		this.event(RXJ_BAD);
	}

	/** The peer does not know this protocol at all: RFC 1661 §5.7. */
	protocolRejected(): void {
		this.fail("the peer rejects the protocol");
	}

	override tick(now: number): void {
		if (!this.timing) return;
		// Should the tries be at their end, this is why.
		if (this.state >= REQ_SENT) this.#reason = `${this.name}: the peer does not ${this.state === ACK_RCVD ? "finish" : "answer"}`;
		super.tick(now);
		if (this.state >= REQ_SENT) this.#reason = "";
	}

	/** A packet of this protocol, in bytes `at` to `end` of the arena. Answers false when it is malformed. */
	receive(at: number, end: number): boolean {
		const view = this.view;
		if (end - at < HEADER) return false;
		const length = view.getUint16(at + 2);
		if (length < HEADER || length > end - at) return false;
		// What lies beyond the length is padding: RFC 1661 §5.
		this.at = at;
		this.end = at + length;
		this.#packetId = view.getUint8(at + 1);
		const code = view.getUint8(at);
		switch (code) {
			case CONFIGURE_REQUEST:
				return this.#receiveRequest();
			case CONFIGURE_ACK:
				return this.#receiveAck();
			case CONFIGURE_NAK:
			case CONFIGURE_REJECT:
				return this.#receiveNak(code === CONFIGURE_REJECT);
			case TERMINATE_REQUEST:
				if (this.state >= REQ_SENT) this.#reason = `${this.name}: the peer ended the link${this.#quoted()}`;
				this.event(RTR);
				return true;
			case TERMINATE_ACK:
				this.event(RTA);
				return true;
			case CODE_REJECT:
				return this.#receiveCodeReject();
		}
		if (!this.receiveOther(code)) this.event(RUC);
		return true;
	}

	/** A code that only one protocol has. Answers whether it is known. */
	protected receiveOther(_code: number): boolean {
		return false;
	}

	/** The text that some peers put into a Terminate-Request. */
	#quoted(): string {
		let text = "";
		const end = Math.min(this.end, this.at + HEADER + 80);
		for (let at = this.at + HEADER; at < end; at++) {
			const byte = this.view.getUint8(at);
			if (byte < 0x20 || byte > 0x7e) return "";
			text += String.fromCharCode(byte);
		}
		return text === "" ? "" : `: ${text}`;
	}

	/** Whether the bytes up to `end` are options, each with a length that can be. */
	#wellFormed(): boolean {
		let at = this.at + HEADER;
		while (at < this.end) {
			if (this.end - at < 2) return false;
			const length = this.view.getUint8(at + 1);
			if (length < 2 || length > this.end - at) return false;
			at += length;
		}
		return true;
	}

	/** What we think of an option; Naks without end become Rejects: RFC 1661 §4.6. */
	#verdict(at: number): number {
		const verdict = this.judge(this.view.getUint8(at), at + 2, this.view.getUint8(at + 1) - 2);
		return verdict === NAK && this.#naks >= MAX_FAILURE ? REJECT : verdict;
	}

	#worst = ACCEPT;

	#receiveRequest(): boolean {
		const view = this.view;
		if (!this.#wellFormed()) return false;
		this.judging();
		let worst = ACCEPT;
		for (let at = this.at + HEADER; at < this.end; at += view.getUint8(at + 1)) {
			const verdict = this.#verdict(at);
			if (verdict > worst) worst = verdict;
		}
		if (worst === ACCEPT && this.#naks < MAX_FAILURE) {
			// The outbox has room for what is missing, or there is nothing missing.
			const scratch = this.link.outbox.room(REQUEST_MAX);
			if (scratch !== NONE && this.missing(scratch) > scratch) worst = NAK;
		}
		this.#worst = worst;
		this.event(worst === ACCEPT ? RCR_GOOD : RCR_BAD);
		if (worst !== ACCEPT && this.state !== OPENED && ++this.#rounds > MAX_ROUNDS)
			this.fail(`the peer insists on option ${this.#firstBad()}`);
		return true;
	}

	#firstBad(): number {
		for (let at = this.at + HEADER; at < this.end; at += this.view.getUint8(at + 1))
			if (this.#verdict(at) !== ACCEPT) return this.view.getUint8(at);
		return 0;
	}

	protected override sendAck(): void {
		this.#naks = 0;
		this.#echo(CONFIGURE_ACK);
	}

	/** Sends the packet that came last back with another code. */
	#echo(code: number): void {
		const { outbox } = this.link;
		const length = this.end - this.at;
		const at = outbox.room(length);
		if (at === NONE) return;
		copy(this.view, at, this.at, length);
		this.view.setUint8(at, code);
		outbox.send(this.protocol, finish(this.view, at, at + length));
	}

	/** Rejects come first, alone; only a request without such options is answered by Naks. RFC 1661 §5.4. */
	protected override sendNak(): void {
		const { view } = this;
		const { outbox } = this.link;
		const reject = this.#worst === REJECT;
		const room = this.end - this.at + REQUEST_MAX;
		const start = outbox.room(room);
		if (start === NONE) return;
		const { state } = this;
		let to = begin(view, start, reject ? CONFIGURE_REJECT : CONFIGURE_NAK, this.#packetId);
		for (let at = this.at + HEADER; at < this.end; at += view.getUint8(at + 1)) {
			const length = view.getUint8(at + 1);
			if (this.#verdict(at) !== this.#worst) continue;
			if (reject) {
				copy(view, to, at, length);
				to += length;
				continue;
			}
			// A proposal may be longer than what it answers: the rest of very many has to wait for the next request.
			if (to + 2 * PROPOSAL_MAX > start + room) break;
			const end = this.suggest(view.getUint8(at), to + 2, at + 2, length - 2);
			view.setUint8(to, view.getUint8(at));
			view.setUint8(to + 1, end - to);
			to = end;
		}
		if (this.state !== state) return; // it was found to have failed meanwhile
		if (!reject) {
			to = this.missing(to);
			this.#naks++;
		}
		outbox.send(this.protocol, finish(view, start, to));
	}

	protected override sendRequest(again: boolean): void {
		const { view } = this;
		const { outbox } = this.link;
		// A repetition keeps its identifier, so that an answer which takes longer than the timer still counts.
		if (!again) this.#requestId = this.nextId();
		this.#awaiting = true;
		const start = outbox.room(HEADER + REQUEST_MAX);
		if (start === NONE) return;
		const options = begin(view, start, CONFIGURE_REQUEST, this.#requestId);
		const end = this.ask(options);
		this.#requestLength = end - options;
		for (let i = 0; i < this.#requestLength; i++) this.#request[i] = view.getUint8(options + i);
		outbox.send(this.protocol, finish(view, start, end));
	}

	/** Whether this answers our last request, for the first time. */
	#answers(): boolean {
		return this.#awaiting && this.#packetId === this.#requestId && this.state >= REQ_SENT;
	}

	/** It must repeat our options exactly: RFC 1661 §5.2. */
	#receiveAck(): boolean {
		if (this.state < REQ_SENT) {
			this.event(RCA);
			return true;
		}
		if (!this.#answers()) return true;
		const options = this.at + HEADER;
		if (this.end - options !== this.#requestLength) return false;
		for (let i = 0; i < this.#requestLength; i++) if (this.view.getUint8(options + i) !== this.#request[i]) return false;
		this.#awaiting = false;
		this.event(RCA);
		return true;
	}

	/** Whether our last request has an option of that type. */
	#asked(type: number): boolean {
		for (let i = 0; i < this.#requestLength; i += this.#request[i + 1]!) if (this.#request[i] === type) return true;
		return false;
	}

	#receiveNak(reject: boolean): boolean {
		if (this.state < REQ_SENT) {
			this.event(RCN);
			return true;
		}
		if (!this.#answers()) return true;
		if (!this.#wellFormed()) return false;
		const view = this.view;
		let bad = 0;
		for (let at = this.at + HEADER; at < this.end; at += view.getUint8(at + 1)) {
			const type = view.getUint8(at);
			bad = type;
			if (reject && this.#asked(type)) this.rejected(type);
			// After so many Naks of the same, do without: RFC 1661 §4.6 asks the peer for this, and not all do it.
			else if (!reject && this.#askedRounds >= MAX_FAILURE && this.#asked(type)) this.rejected(type);
			else if (!reject) this.naked(type, at + 2, view.getUint8(at + 1) - 2);
		}
		this.#awaiting = false;
		if (++this.#askedRounds > MAX_ROUNDS) this.fail(`the peer does not agree to option ${bad}`);
		else this.event(RCN);
		return true;
	}

	#receiveCodeReject(): boolean {
		if (this.end - this.at < HEADER + 1) return false;
		const code = this.view.getUint8(this.at + HEADER);
		const vital = code >= CONFIGURE_REQUEST && code <= CODE_REJECT;
		if (vital) this.fail(`the peer does not know code ${code}`);
		else {
			this.codeRejected(code);
			this.event(RXJ_GOOD);
		}
		return true;
	}

	/** The peer does not know a code that it need not know. */
	protected codeRejected(_code: number): void {}

	protected override sendTerminate(): void {
		this.sendShort(TERMINATE_REQUEST, this.nextId());
	}

	protected override sendTerminateAck(): void {
		// Unasked for, it answers a Configure-Ack or -Nak that came out of turn.
		this.sendShort(TERMINATE_ACK, this.#packetId);
	}

	protected sendShort(code: number, id: number): void {
		const at = this.link.outbox.room(HEADER);
		if (at !== NONE) this.link.outbox.send(this.protocol, finish(this.view, at, begin(this.view, at, code, id)));
	}

	/** Sends what came back inside a packet of ours, as much as fits: Code-Reject, and LCP's Protocol-Reject. RFC 1661 §5.6. */
	protected override sendCodeReject(): void {
		const { view } = this;
		const { outbox } = this.link;
		const length = Math.min(this.end - this.at, 128);
		const at = outbox.room(HEADER + length);
		if (at === NONE) return;
		const data = begin(view, at, CODE_REJECT, this.nextId());
		copy(view, data, this.at, length);
		outbox.send(this.protocol, finish(view, at, data + length));
	}

	/** A fresh identifier. */
	protected nextId(): number {
		return (this.#id = (this.#id + 1) & 0xff);
	}

	protected override sendEchoReply(): void {}

	/** Counts a packet that makes no sense. */
	protected malformed(): void {
		this.link.core.count(this.link.block, DROP.pppMalformed);
	}
}
