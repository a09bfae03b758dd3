// LCP, RFC 1661: what the link itself is like, whether it loops back (§6.4), and whether the peer still is there (§5.8).

import { ALL_CONTROLS, COMPRESS_ADDRESS, COMPRESS_PROTOCOL } from "../../device/serial.ts";
import { NONE } from "../../packet/pool.ts";
import { copy } from "#codec";
import { OPENED, RXR } from "./automaton.ts";
import { begin, CHAP, finish, HEADER, IP, IPCP, LCP, PAP } from "./packets.ts";
import { ACCEPT, ControlProtocol, NAK, REJECT, type Link } from "./protocol.ts";

/** Codes, RFC 1661 §5.7 to 5.9, RFC 1570 §2. */
const PROTOCOL_REJECT = 8;
const ECHO_REQUEST = 9;
const ECHO_REPLY = 10;
const DISCARD_REQUEST = 11;
const IDENTIFICATION = 12;
const TIME_REMAINING = 13;

/** Options, RFC 1661 §6, RFC 1662 §7.1. */
const MRU = 1;
const ACCM = 2;
const AUTHENTICATION = 3;
const MAGIC = 5;
const PFC = 7;
const ACFC = 8;

/** RFC 1661 §6.1. */
const DEFAULT_MRU = 1500;
/** The least MRU that we agree to, bytes: with less there is no room for headers and data. */
const LEAST_MRU = 128;
/** When our own magic number has come back so often, the line is looped back: by chance it would not. Fewer than Max-Failure, where Naks become Rejects. */
const MAX_LOOPS = 4;
/** Bytes of a rejected packet that are quoted. */
const QUOTED = 128;

/** Ways to authenticate, the better ones first. */
export type Auth = "ms-chap-v2" | "chap-md5" | "pap";
export const AUTHS: readonly Auth[] = Object.freeze(["ms-chap-v2", "chap-md5", "pap"] as const);
/** CHAP algorithms: RFC 1994 §3, RFC 2759 §3. */
const MD5 = 5;
const MS_CHAP_V2 = 0x81;

export interface LcpOptions {
	/** Largest packet that we receive, bytes. */
	mru: number;
	/** Characters below 0x20 that the peer must escape, bit n for character n. */
	asyncmap: number;
	pfc: boolean;
	acfc: boolean;
	/** What we demand of the peer. */
	demand: Auth | undefined;
	/** What we can do when the peer demands it, the best first. */
	offer: readonly Auth[];
	/** ms between Echo-Requests, 0 for none; and after how many, with nothing at all from the peer, the link is taken for dead. */
	echoIntervalMs: number;
	echoFailure: number;
}

export class Lcp extends ControlProtocol {
	#options: LcpOptions;
	/** What the peer asked for, and was granted. */
	peerMru = DEFAULT_MRU;
	peerAccm = ALL_CONTROLS;
	peerMagic = 0;
	/** COMPRESS_…: what the peer can do without. */
	compress = 0;
	/** How the peer wants us to authenticate. */
	ours: Auth | undefined;
	/** What we ask for, as far as the peer did not reject it. */
	#askMru = true;
	#askAccm = true;
	#askMagic = true;
	#askPfc = true;
	#askAcfc = true;
	#askAuth: Auth | undefined;
	#mru = 0;
	#magic = 0;
	#suggestedMagic = 0;
	#loops = 0;
	/** The echo timer runs; when it is due; Echo-Requests without answer; whether something was heard since the last one. */
	echoing = false;
	echoDue = 0;
	#unanswered = 0;
	/** Set by every frame: the peer is alive. */
	heard = false;

	constructor(link: Link, options: LcpOptions) {
		super(LCP, "lcp", link);
		this.#options = options;
		this.forget();
	}

	protected override forget(): void {
		const { mru, asyncmap, pfc, acfc } = this.#options;
		this.#mru = mru;
		this.#askMru = mru !== DEFAULT_MRU;
		this.#askAccm = asyncmap !== ALL_CONTROLS;
		this.#askMagic = true;
		this.#askPfc = pfc;
		this.#askAcfc = acfc;
		this.#loops = 0;
		this.renew();
		this.judging();
	}

	protected override renew(): void {
		this.#askAuth = this.#options.demand;
		this.#magic = this.#newMagic();
		this.echoing = false;
	}

	#newMagic(): number {
		return this.link.core.random32() | 1; // never 0: RFC 1661 §6.4
	}

	/** What we demand of the peer, and was granted. */
	get theirs(): Auth | undefined {
		return this.#askAuth;
	}

	/** Our async-control-character-map, when the peer agreed to it. */
	get accm(): number {
		return this.#askAccm ? this.#options.asyncmap : ALL_CONTROLS;
	}

	protected override ask(at: number): number {
		const view = this.view;
		if (this.#askMru) {
			view.setUint16(at, (MRU << 8) | 4);
			view.setUint16(at + 2, this.#mru);
			at += 4;
		}
		if (this.#askAccm) {
			view.setUint16(at, (ACCM << 8) | 6);
			view.setInt32(at + 2, this.#options.asyncmap);
			at += 6;
		}
		if (this.#askAuth !== undefined) at = this.#writeAuth(at, this.#askAuth);
		if (this.#askMagic) {
			view.setUint16(at, (MAGIC << 8) | 6);
			view.setInt32(at + 2, this.#magic);
			at += 6;
		}
		if (this.#askPfc) {
			view.setUint16(at, (PFC << 8) | 2);
			at += 2;
		}
		if (this.#askAcfc) {
			view.setUint16(at, (ACFC << 8) | 2);
			at += 2;
		}
		return at;
	}

	/** The whole option. */
	#writeAuth(at: number, auth: Auth): number {
		const view = this.view;
		view.setUint16(at, (AUTHENTICATION << 8) | (auth === "pap" ? 4 : 5));
		view.setUint16(at + 2, auth === "pap" ? PAP : CHAP);
		if (auth === "pap") return at + 4;
		view.setUint8(at + 4, auth === "chap-md5" ? MD5 : MS_CHAP_V2);
		return at + 5;
	}

	#readAuth(at: number, length: number): Auth | undefined {
		const protocol = length >= 2 ? this.view.getUint16(at) : 0;
		if (protocol === PAP && length === 2) return "pap";
		if (protocol !== CHAP || length !== 3) return undefined;
		const algorithm = this.view.getUint8(at + 2);
		return algorithm === MD5 ? "chap-md5" : algorithm === MS_CHAP_V2 ? "ms-chap-v2" : undefined;
	}

	protected override judging(): void {
		this.peerMru = DEFAULT_MRU;
		this.peerAccm = ALL_CONTROLS;
		this.peerMagic = 0;
		this.compress = 0;
		this.ours = undefined;
	}

	protected override judge(type: number, at: number, length: number): number {
		const view = this.view;
		switch (type) {
			case MRU:
				if (length !== 2) return REJECT;
				if (view.getUint16(at) < LEAST_MRU) return NAK;
				this.peerMru = view.getUint16(at);
				return ACCEPT;
			case ACCM:
				if (length !== 4) return REJECT;
				this.peerAccm = view.getInt32(at);
				return ACCEPT;
			case AUTHENTICATION: {
				if (this.#options.offer.length === 0) return REJECT;
				const auth = this.#readAuth(at, length);
				if (auth === undefined || !this.#options.offer.includes(auth)) return NAK;
				this.ours = auth;
				return ACCEPT;
			}
			case MAGIC:
				if (length !== 4) return REJECT;
				this.peerMagic = view.getInt32(at);
				return this.peerMagic === 0 || (this.#askMagic && this.peerMagic === this.#magic) ? NAK : ACCEPT;
			case PFC:
				if (length !== 0) return REJECT;
				this.compress |= COMPRESS_PROTOCOL;
				return ACCEPT;
			case ACFC:
				if (length !== 0) return REJECT;
				this.compress |= COMPRESS_ADDRESS;
				return ACCEPT;
		}
		return REJECT;
	}

	protected override suggest(type: number, at: number): number {
		const view = this.view;
		switch (type) {
			case MRU:
				view.setUint16(at, DEFAULT_MRU);
				return at + 2;
			case AUTHENTICATION:
				// The best that we can do; its two octets of type and length are written again by the caller.
				return this.#writeAuth(at - 2, this.#options.offer[0]!);
			case MAGIC:
				if (this.peerMagic !== 0) this.#looped();
				this.#suggestedMagic = this.#newMagic();
				view.setInt32(at, this.#suggestedMagic);
				return at + 4;
		}
		return at;
	}

	/** Our own magic number came back. */
	#looped(): void {
		if (++this.#loops >= MAX_LOOPS) this.fail("the line is looped back");
	}

	protected override naked(type: number, at: number, length: number): void {
		const view = this.view;
		switch (type) {
			case MRU:
				// Less than we wanted is all right; more does not fit.
				if (length === 2 && view.getUint16(at) >= LEAST_MRU && view.getUint16(at) <= this.#options.mru)
					this.#mru = view.getUint16(at);
				return;
			case MAGIC:
				// Our own suggestion, back from a loop, is no suggestion.
				this.#magic = this.#newMagic();
				return;
			case AUTHENTICATION:
				// The peer prefers another; we stay with what we were told to demand, until the tries are over.
				return;
		}
	}

	protected override rejected(type: number): void {
		switch (type) {
			case MRU:
				this.#askMru = false;
				return;
			case ACCM:
				this.#askAccm = false;
				return;
			case AUTHENTICATION:
				return this.fail(`the peer refuses to authenticate by ${this.#askAuth}`);
			case MAGIC:
				this.#askMagic = false;
				return;
			case PFC:
				this.#askPfc = false;
				return;
			case ACFC:
				this.#askAcfc = false;
				return;
		}
	}

	protected override layerUp(): void {
		this.#loops = 0;
		this.#unanswered = 0;
		this.heard = true;
		this.echoing = this.#options.echoIntervalMs > 0;
		this.echoDue = (this.now + this.#options.echoIntervalMs) | 0;
		super.layerUp();
	}

	override tick(now: number): void {
		super.tick(now);
		if (!this.echoing || ((now - this.echoDue) | 0) < 0 || this.state !== OPENED) return;
		this.echoDue = (now + this.#options.echoIntervalMs) | 0;
		if (this.heard) {
			// Whatever came proves as much as an answer.
			this.heard = false;
			this.#unanswered = 0;
		}
		if (this.#unanswered >= this.#options.echoFailure) {
			this.echoing = false;
			return this.link.close(`lcp: no answer to ${this.#unanswered} echo requests`);
		}
		this.#unanswered++;
		const at = this.link.outbox.room(HEADER + 4);
		if (at === NONE) return;
		const data = begin(this.view, at, ECHO_REQUEST, this.nextId());
		this.view.setInt32(data, this.#askMagic ? this.#magic : 0);
		this.link.outbox.send(LCP, finish(this.view, at, data + 4));
	}

	protected override receiveOther(code: number): boolean {
		switch (code) {
			case PROTOCOL_REJECT:
				if (this.end - this.at >= HEADER + 2) this.#protocolRejected(this.view.getUint16(this.at + HEADER));
				else this.malformed();
				return true;
			case ECHO_REQUEST:
			case ECHO_REPLY:
			case DISCARD_REQUEST:
				if (this.end - this.at < HEADER + 4) this.malformed();
				else if (code !== ECHO_REQUEST)
					return true; // some repeat our magic number in replies: that is no loop, which brings our requests
				else if (this.#askMagic && this.state === OPENED && this.view.getInt32(this.at + HEADER) === this.#magic)
					this.fail("the line is looped back"); // RFC 1661 §6.4
				else this.event(RXR);
				return true;
			case IDENTIFICATION:
			case TIME_REMAINING:
				// For people to read. RFC 1570 §2.
				return true;
		}
		return false;
	}

	/** A peer that has no echoes cannot be asked whether it lives. */
	protected override codeRejected(code: number): void {
		if (code === ECHO_REQUEST) this.echoing = false;
	}

	/** Told of a protocol of ours that the peer does not know. */
	onProtocolRejected: (protocol: number) => void = () => {};

	#protocolRejected(protocol: number): void {
		if (this.state !== OPENED) return; // RFC 1661 §5.7
		if (protocol === LCP) this.fail("the peer rejects LCP");
		else this.onProtocolRejected(protocol === IP ? IPCP : protocol);
	}

	/** Sends the peer's packet back: its protocol is unknown here. The data lie at `at` to `end`. RFC 1661 §5.7. */
	rejectProtocol(protocol: number, at: number, end: number): void {
		if (this.state !== OPENED) return;
		const { view } = this;
		const { outbox } = this.link;
		const length = Math.min(end - at, QUOTED, this.peerMru - HEADER - 2);
		const start = outbox.room(HEADER + 2 + length);
		if (start === NONE) return;
		const data = begin(view, start, PROTOCOL_REJECT, this.nextId());
		view.setUint16(data, protocol);
		copy(view, data + 2, at, length);
		outbox.send(LCP, finish(view, start, data + 2 + length));
	}

	protected override sendEchoReply(): void {
		const { view } = this;
		const { outbox } = this.link;
		const length = Math.min(this.end - this.at, this.peerMru);
		const at = outbox.room(length);
		if (at === NONE) return;
		copy(view, at, this.at, length);
		view.setUint8(at, ECHO_REPLY);
		view.setInt32(at + HEADER, this.#askMagic ? this.#magic : 0);
		outbox.send(LCP, finish(view, at, at + length));
	}
}
