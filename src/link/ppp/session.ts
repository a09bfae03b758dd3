// One link from dialling to hanging up: the phases of RFC 1661 §3, which protocol may speak in which of them, and what follows
// when the link ends. It knows nothing of addresses and routes; `ppp.ts` does.

import { ALL_CONTROLS, HDLC, RAW, type SerialDevice } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import { DROP } from "../../packet/drops.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { TRAFFIC_IN } from "../../packet/line-block.ts";
import { LineState } from "../line-state.ts";
import { CLOSE, CLOSING, DOWN, INITIAL, OPEN, STOPPED, STOPPING, UP } from "./automaton.ts";
import { Accounts, type Authenticator, type AuthLink } from "./auth.ts";
import { ChapClient, ChapServer } from "./chap.ts";
import { Dial } from "./dial.ts";
import { Idle } from "./idle.ts";
import { Ipcp } from "./ipcp.ts";
import { Ipv6cp } from "./ipv6cp.ts";
import { Lcp } from "./lcp.ts";
import { ModemWords } from "./modem-words.ts";
import type { Settings } from "./options.ts";
import type { SessionHost } from "./session-host.ts";
import type { Outbox } from "./outbox.ts";
import { PapClient, PapServer } from "./pap.ts";
import { CHAP, CONFIGURE_REQUEST, IPCP, IPV6, IPV6CP, LCP, PAP, VJ_COMPRESSED, VJ_UNCOMPRESSED } from "./packets.ts";
import type { ControlProtocol, Link } from "./protocol.ts";

export type Phase = "dead" | "dial" | "establish" | "authenticate" | "network" | "running" | "terminate";

/** The hold-off is doubled so often at most: 16 times the first one. */
const MAX_DOUBLINGS = 4;
/** DTR is low for so long at least, for the modem to see it, ms. */
const HANG_UP_MS = 1000;
/** Once a link has ended, a peer that begins anew is not listened to for so long, doubled like the hold-off, ms: some end and begin for ever. */
const DEAF_MS = 1000;
/** From carrier to our first request, ms. */
const SETTLE_MS = 250;

type Timer = Readonly<{ timing: boolean; due: number }>;

export class Session implements Link, AuthLink {
	readonly core: Core;
	readonly block: number;
	readonly outbox: Outbox;
	readonly lcp: Lcp;
	readonly ipcp: Ipcp;
	readonly ipv6cp: Ipv6cp | undefined;
	readonly dial: Dial | undefined;
	readonly words: ModemWords;
	phase: Phase = "dead";
	/** Why the link ended the last time, "" while it runs. */
	reason = "";
	/** Tries in a row that did not lead to a running link. */
	failures = 0;
	/** Who the peer said it is. */
	peerName = "";
	#serial: SerialDevice;
	#line: LineState;
	#settings: Settings;
	#host: SessionHost;
	#accounts: Accounts;
	#client: Authenticator | undefined;
	#server: Authenticator | undefined;
	/** Whether it is to be up. */
	#wanted = false;
	/** `connect` came while the link was being ended: it begins anew once it has ended. */
	#again = false;
	/** Whether this link has run, and why it is being closed. */
	#ran = false;
	#closeReason = "";
	#retrying = false;
	#retryDue = 0;
	#deafUntil = 0;
	readonly #idle: Idle;

	constructor(core: Core, block: number, serial: SerialDevice, outbox: Outbox, settings: Settings, host: SessionHost) {
		this.core = core;
		this.block = block;
		this.outbox = outbox;
		this.#serial = serial;
		this.#settings = settings;
		this.#host = host;
		this.#idle = new Idle(settings.idleMs);
		this.#accounts = new Accounts(settings.accounts);
		this.lcp = new Lcp(this, settings);
		this.ipcp = new Ipcp(this, settings);
		this.ipv6cp = hasIpv6() && settings.ipv6 ? new Ipv6cp(this) : undefined;
		this.dial = settings.dial && new Dial(settings.dial, core, outbox, (reason) => this.#dialled(reason));
		this.#line = new LineState(core, block);
		this.words = new ModemWords(core, this.#line, serial, outbox, this.dial);
		this.lcp.onProtocolRejected = (protocol) => this.#protocolRejected(protocol);
	}

	#frames(framing: number, sendAccm: number, receiveAccm: number, compress: number): void {
		this.#line.framing = framing;
		this.#serial.setFraming(framing, sendAccm, receiveAccm, compress);
	}

	/** In how many ms it tries again; -1 when it does not. */
	get retryInMs(): number {
		return this.#retrying ? Math.max(0, (this.#retryDue - this.core.now) | 0) : -1;
	}

	#enter(phase: Phase, reason = this.reason): void {
		this.phase = phase;
		this.reason = reason;
		this.#host.changed();
	}

	/** Brings the link up, at once. */
	connect(): void {
		this.#wanted = true;
		this.failures = 0;
		if (this.phase === "dead") this.#start();
		else if (this.phase === "terminate" || this.#closeReason !== "") this.#again = true;
	}

	/** Takes it down in good order: the peer is told. */
	disconnect(reason: string): void {
		this.#wanted = this.#again = this.#retrying = false;
		if (this.phase === "dead") {
			if (this.reason !== reason) this.#enter("dead", reason);
		} else this.close(reason);
	}

	#start(): void {
		this.#retrying = this.#ran = false;
		this.#closeReason = "";
		this.#line.carrier = this.#serial.linkUp;
		// A modem shows carrier only once it has dialled.
		if (this.dial === undefined) this.#escapeAll(); // a peer that begins is heard
		if (!this.#line.carrier && this.dial === undefined) return this.#enter("dead", "no carrier");
		this.#serial.setReady?.(true);
		this.outbox.clear();
		if (this.dial === undefined) return this.#establish();
		this.#frames(RAW, 0, 0, 0);
		this.#enter("dial");
		this.dial.start();
		this.arm();
	}

	#dialled(reason: string): void {
		if (reason === "") this.#establish();
		else this.#hangUp(reason);
	}

	#establish(): void {
		this.#escapeAll();
		this.words.expect(true);
		this.peerName = "";
		this.lcp.reset();
		this.ipcp.reset();
		this.ipv6cp?.reset();
		this.#enter("establish");
		this.lcp.event(OPEN);
		this.lcp.event(UP);
		this.arm();
	}

	/** As it is before LCP has agreed on anything. */
	#escapeAll(): void {
		this.#frames(HDLC, ALL_CONTROLS, ALL_CONTROLS, 0);
	}

	protocolUp(protocol: ControlProtocol): void {
		if (protocol === this.lcp) {
			// The peer may still be about to do as agreed: what it allows us to leave out is left out once IP passes.
			this.#frames(HDLC, ALL_CONTROLS, this.lcp.accm, 0);
			this.#authenticate();
		} else {
			this.#frames(HDLC, this.lcp.peerAccm, this.lcp.accm, this.lcp.compress);
			const six = protocol !== this.ipcp;
			const reason = this.#host.linkUp(six);
			if (reason === "") return this.#settle();
			if (!six) return this.close(reason);
			protocol.event(CLOSE);
		}
	}

	/** A network protocol has come or gone. The link runs with IPv4 or, where the peer does without that, with IPv6. */
	#settle(): void {
		const runs = this.ipcp.opened || (this.ipv6cp?.opened === true && !this.ipcp.alive);
		if (runs && this.phase === "network") {
			this.#ran = true;
			this.failures = 0;
			this.#idle.start(this.core.now);
			this.#enter("running", "");
		} else if (!runs && this.phase === "running") {
			this.#idle.stop();
			this.#enter("network");
		} else this.#host.changed();
	}

	/** Whether an address of IPv4 may still come. */
	get awaitsIpv4(): boolean {
		return this.#networked && this.ipcp.alive;
	}

	protocolDown(protocol: ControlProtocol): void {
		if (protocol === this.lcp) {
			this.#escapeAll();
			this.#client = this.#server = undefined;
			this.ipcp.event(DOWN);
			this.ipv6cp?.event(DOWN);
			// Any other state than these means that the peer wants to agree anew, and the link goes on.
			const ends = this.lcp.state === CLOSING || this.lcp.state === STOPPING || this.lcp.state <= STOPPED;
			this.#enter(ends ? "terminate" : "establish");
		} else {
			this.#host.linkDown(protocol !== this.ipcp, false);
			this.#settle();
		}
	}

	protocolFinished(protocol: ControlProtocol, reason: string): void {
		if (protocol === this.lcp) this.#hangUp(this.#closeReason || reason);
		else if (this.lcp.opened) {
			if (this.ipcp.alive || this.ipv6cp?.alive) this.#settle();
			else this.close(reason || `${protocol.name}: closed`); // nothing is left to be carried
		}
	}

	#authenticate(): void {
		const { user, password, name, chapIntervalMs } = this.#settings;
		const { ours, theirs } = this.lcp;
		this.#client = this.#server = undefined;
		if (ours === "pap") this.#client = new PapClient(this, user, password);
		else if (ours !== undefined) {
			const isOurs = (challenge: Uint8Array) => this.#server?.poses(challenge) === true;
			this.#client = new ChapClient(this, ours, user, password, isOurs);
		}
		if (theirs === "pap") this.#server = new PapServer(this, this.#accounts);
		else if (theirs !== undefined) this.#server = new ChapServer(this, theirs, this.#accounts, name, chapIntervalMs);
		if (this.#client === undefined && this.#server === undefined) return this.#network();
		this.#enter("authenticate");
		this.#server?.start();
		this.#client?.start();
	}

	authenticated(auth: Authenticator, name: string): void {
		if (auth === this.#server) this.peerName = name;
		const done = (this.#client?.done ?? true) && (this.#server?.done ?? true);
		if (done && this.phase === "authenticate") this.#network();
	}

	authenticationFailed(_auth: Authenticator, reason: string): void {
		this.close(reason);
	}

	#network(): void {
		this.#enter("network");
		for (const protocol of [this.ipcp, this.ipv6cp]) {
			if (protocol?.state === INITIAL) protocol.event(OPEN);
			protocol?.event(UP);
		}
	}

	/** Ends the link for that reason; the peer is told. */
	close(reason: string): void {
		if (this.phase === "dead") return;
		this.#closeReason ||= reason;
		if (this.phase === "dial" || this.lcp.state <= STOPPED) return this.#hangUp(reason);
		this.lcp.event(CLOSE);
		if (this.lcp.state === CLOSING) this.#enter("terminate");
		this.arm();
	}

	/** The link is gone, whichever way. */
	#hangUp(reason: string): void {
		if (this.phase === "dead") return;
		this.#closeReason = reason;
		this.dial?.stop();
		this.lcp.event(DOWN);
		this.outbox.clear();
		this.#client = this.#server = undefined;
		this.#idle.stop();
		this.words.expect(false);
		this.#serial.setReady?.(false);
		this.#host.linkDown(false, true);
		if (this.ipv6cp !== undefined) this.#host.linkDown(true, true);
		if (!this.#ran) this.failures++;
		const { persist, maxfail } = this.#settings;
		if (this.#again) this.failures = 0;
		else if (!persist) this.#wanted = false;
		else if (this.#wanted && maxfail > 0 && this.failures >= maxfail) {
			this.#wanted = false;
			reason = `${reason}; gave up after ${this.failures} tries`;
		}
		if (this.#wanted) this.#retry();
		this.#enter("dead", reason);
	}

	#retry(): void {
		const doublings = Math.min(Math.max(0, this.failures - 1), MAX_DOUBLINGS);
		let ms = this.#again ? 0 : this.#settings.holdoffMs << doublings;
		this.#again = false;
		if (this.#serial.setReady !== undefined && ms < HANG_UP_MS) ms = HANG_UP_MS;
		this.#retrying = true;
		this.#deafUntil = (this.core.now + (DEAF_MS << doublings)) | 0;
		this.#retryDue = (this.core.now + ms) | 0;
		this.arm();
	}

	/** Looks whether the line itself is still there. */
	checkCarrier(): void {
		const up = this.#serial.linkUp;
		if (up === this.#line.carrier) return;
		this.#line.carrier = up;
		if (!up) {
			// A peer that has said good-bye may go at once.
			const ending = this.phase === "terminate" ? this.#closeReason || this.lcp.reason : "";
			if (this.phase !== "dial") this.#hangUp(ending || "carrier lost");
		} else if (this.phase === "dead" && this.#wanted && this.dial === undefined) {
			// Who has just opened the other end sets it up first, and would lose our first request; its own starts us at once.
			this.#retrying = true;
			this.#retryDue = (this.core.now + SETTLE_MS) | 0;
			this.#deafUntil = this.core.now;
			this.arm();
		}
	}

	/** IP packets passed meanwhile: they prove that the peer lives, and that the link is in use. */
	#noteTraffic(): void {
		const traffic = this.#line.takeTraffic();
		if (traffic === 0) return;
		this.#idle.note();
		if (traffic & TRAFFIC_IN) this.lcp.heard = true;
	}

	/** A frame of another protocol than IP, its data in bytes `at` to `end`. */
	control(protocol: number, at: number, end: number): void {
		this.lcp.heard = true;
		let good = true;
		switch (protocol) {
			case LCP:
				// A peer that begins while we still hold off is not kept waiting.
				if (this.#retrying && this.#isRequest(at, end)) this.#start();
				if (this.phase !== "dead") good = this.lcp.receive(at, end);
				break;
			case PAP:
			case CHAP:
				good = this.#authentication(protocol, at, end);
				break;
			case IPCP:
				if (this.#networked) good = this.ipcp.receive(at, end);
				else this.core.count(this.block, DROP.pppNotOpen);
				break;
			case IPV6CP:
				if (this.ipv6cp === undefined) this.#unknown(protocol, at, end);
				else if (this.#networked) good = this.ipv6cp.receive(at, end);
				else this.core.count(this.block, DROP.pppNotOpen);
				break;
			case VJ_COMPRESSED:
			case VJ_UNCOMPRESSED:
				this.core.count(this.block, DROP.pppNotOpen);
				break;
			case IPV6:
				// RFC 1661 §3.7: what comes before its control protocol is opened is discarded in silence; the peer may have been there first.
				if (this.ipv6cp === undefined) this.#unknown(protocol, at, end);
				else this.core.count(this.block, DROP.pppNotOpen);
				break;
			default:
				this.#unknown(protocol, at, end);
		}
		if (!good) this.core.count(this.block, DROP.pppMalformed);
		this.arm();
	}

	/** Whether network protocols may speak. RFC 1661 §3.6. */
	get #networked(): boolean {
		return this.phase === "network" || this.phase === "running";
	}

	/** Whether a peer begins, and is listened to. */
	#isRequest(at: number, end: number): boolean {
		if (this.dial !== undefined || ((this.core.now - this.#deafUntil) | 0) < 0) return false;
		return end - at >= 4 && this.core.view.getUint8(at) === CONFIGURE_REQUEST;
	}

	#unknown(protocol: number, at: number, end: number): void {
		this.core.count(this.block, DROP.pppUnknownProtocol);
		// RFC 1661 §5.7: only where LCP is opened.
		this.lcp.rejectProtocol(protocol, at, end);
	}

	/** Who asks and who answers share a protocol, and have codes of their own. */
	#authentication(protocol: number, at: number, end: number): boolean {
		if (!this.lcp.opened || end - at < 4) return end - at >= 4;
		const code = this.core.view.getUint8(at);
		const toServer = code === (protocol === PAP ? 1 : 2);
		const auth = toServer ? this.#server : this.#client;
		if (auth?.protocol === protocol) return auth.receive(at, end);
		this.#unknown(protocol, at, end);
		return true;
	}

	#protocolRejected(protocol: number): void {
		if (protocol === IPCP) {
			if (this.ipv6cp?.alive) this.ipcp.protocolRejected();
			else this.close("ipcp: the peer rejects the protocol");
		}
		if (protocol === IPV6CP) this.ipv6cp?.protocolRejected();
		else if (protocol === PAP || protocol === CHAP) {
			const auth = this.#server?.protocol === protocol && !this.#server.done;
			this.close(
				`${protocol === PAP ? "pap" : "chap"}: the peer ${auth ? "does not know how to authenticate" : "rejects the protocol"}`,
			);
		} else if (protocol === VJ_COMPRESSED || protocol === VJ_UNCOMPRESSED) this.ipcp.peerSlots = -1;
	}

	/** Time passed: looks at every timer, and says when the next one is due. */
	tick(now: number): void {
		this.#noteTraffic();
		this.lcp.tick(now);
		this.ipcp.tick(now);
		this.ipv6cp?.tick(now);
		this.#client?.tick(now);
		this.#server?.tick(now);
		this.dial?.tick(now);
		if (this.words.timing && ((now - this.words.due) | 0) >= 0) {
			const word = this.words.heard();
			if (word !== "") this.#hangUp(`the modem says ${word}`);
		}
		if (this.#idle.over(now)) {
			this.#wanted = false;
			this.close("idle");
		}
		if (this.#retrying && ((now - this.#retryDue) | 0) >= 0) this.#start();
		this.arm();
	}

	#arm(timer: Timer): void {
		if (timer.timing) this.core.deadline(timer.due);
	}

	/** Tells the stack of the deadlines. Allocates nothing: it is looked at whenever a timer of any layer is due. */
	arm(): void {
		const { core, lcp } = this;
		this.#arm(lcp);
		this.#arm(this.ipcp);
		if (this.ipv6cp !== undefined) this.#arm(this.ipv6cp);
		if (this.#client !== undefined) this.#arm(this.#client);
		if (this.#server !== undefined) this.#arm(this.#server);
		if (this.dial !== undefined) this.#arm(this.dial);
		if (lcp.echoing) core.deadline(lcp.echoDue);
		this.#arm(this.words);
		this.#arm(this.#idle);
		if (this.#retrying) core.deadline(this.#retryDue);
	}
}
