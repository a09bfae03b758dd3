// ECMA-419's draft of network interfaces: PPP.

import { currentStack } from "../../io/current.ts";
import type { PppInterface, PppState } from "../../link/ppp/ppp.ts";
import type { Stack } from "../../stack.ts";
import { CONNECTING, DISCONNECTED, DISCONNECTING, LinkSocket } from "./link.ts";
import type { ChangedProperty, LinkOptions } from "./types.ts";

export class PPPSocket extends LinkSocket<PppInterface> {
	#toldPhase: string;

	constructor(stack: Stack, options: LinkOptions = {}) {
		super(stack, options, "ppp");
		this.#toldPhase = this.phase;
	}

	protected override downOf(link: PppInterface): number {
		const { phase, retryInMs } = link.state;
		if (phase === "terminate") return DISCONNECTING;
		if (phase === "dead") return retryInMs < 0 ? DISCONNECTED : CONNECTING;
		return CONNECTING;
	}

	protected override changed(link: PppInterface): ChangedProperty | undefined {
		const { phase } = link.state;
		if (phase === this.#toldPhase) return undefined;
		this.#toldPhase = phase;
		return "phase";
	}

	/** Calls, or tries again at once. */
	override connect(): void {
		const { link } = this.use;
		link.enabled = true;
		link.connect();
	}

	/** Ends the call in good order; it is not made again until `connect`. */
	override disconnect(): void {
		this.use.link.disconnect();
	}

	/** "dead", "dial", "establish", "authenticate", "network", "running", "terminate": RFC 1661 §3.2. */
	get phase(): PppState["phase"] {
		return this.open.state.phase;
	}

	/** Why the link ended the last time; "" while it runs. */
	get reason(): string {
		return this.open.state.reason;
	}

	/** Address of the other end; undefined while it does not run. */
	get peer(): string | undefined {
		return this.open.state.remote ?? undefined;
	}
}

/**
 * A PPP interface of the current stack.
 *
 * @example
 * ```ts
 * const modem = new PPP({ port: "ppp0" });
 * modem.connect();
 * ```
 */
export class PPP extends PPPSocket {
	constructor(options: LinkOptions = {}) {
		super(currentStack(), options);
	}
}
