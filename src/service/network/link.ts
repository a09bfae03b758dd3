// What the network interface classes share. Several instances may observe one interface; each hears of every change.

import { linkOf } from "../../io/common.ts";
import { callbackOf, hostnameOf, objectOption, show } from "../../io/options.ts";
import { PROTOCOL, type Interface } from "../../link/interface.ts";
import type { Stack } from "../../stack.ts";
import type { Watch } from "../../transport/watch.ts";
import { applyMode, checkMode } from "./ipv6.ts";
import { apply, settingsOf } from "./static.ts";
import type { ChangedProperty, ConfigureOptions, LinkOptions } from "./types.ts";

/** `connection`: the interface is no longer part of the stack. */
export const GONE = 0;
/** It was taken down, by `disconnect`. */
export const OFF = 100;
/** PPP: it says good-bye. */
export const DISCONNECTING = 150;
/** It has no link: no cable, no call. */
export const DISCONNECTED = 200;
/** PPP: it dials or negotiates. */
export const CONNECTING = 300;
/** It has a link, and no address. */
export const CONNECTED = 400;
/** It has a link and an address. */
export const READY = 500;

export abstract class LinkSocket<L extends Interface> {
	/** Undefined once closed. */
	#watch: Watch | undefined;
	#toldConnection: number;
	#toldAddress: string | undefined;
	readonly #link: L;
	readonly #stack: Stack;
	readonly #onChanged: LinkOptions["onChanged"];
	declare target?: unknown;

	constructor(stack: Stack, options: LinkOptions, kind: string) {
		objectOption(options);
		const port = options.port ?? options.interface;
		const found = port === undefined ? stack.interfaces.list.find((link) => link.kind === kind) : linkOf(stack, port);
		if (found === undefined) throw new RangeError(`there is no ${kind} interface`);
		if (found.kind !== kind) throw new RangeError(`interface ${found.name}: is ${found.kind}; expected ${kind}`);
		this.#onChanged = callbackOf("onChanged", options.onChanged);
		this.#stack = stack;
		this.#link = found as L;
		if (options.target !== undefined) this.target = options.target;
		this.#toldConnection = this.connectionOf(this.#link);
		this.#toldAddress = this.addressOf(this.#link);
		this.#watch = stack.watch((link) => {
			if (link === found) this.#look();
		});
	}

	/** What `connection` is while packets do not pass; 0, OFF, CONNECTED and READY are alike for all. */
	protected downOf(_link: L): number {
		return DISCONNECTED;
	}

	/** Something of the link's own has changed, perhaps. */
	protected changed(_link: L): ChangedProperty | undefined {
		return undefined;
	}

	protected connectionOf(link: L): number {
		if (link.slot === 0) return GONE;
		if (!link.enabled) return OFF;
		const down = this.downOf(link);
		if (!link.up || down < DISCONNECTED) return down;
		return link.ip.serving === undefined ? CONNECTED : READY;
	}

	protected addressOf(link: L): string | undefined {
		return this.connectionOf(link) === READY ? link.ip.serving!.address : undefined;
	}

	#look(): void {
		const watch = this.#watch;
		const link = this.#link;
		const connection = this.connectionOf(link);
		const address = this.addressOf(link);
		const connectionChanged = connection !== this.#toldConnection;
		const addressChanged = address !== this.#toldAddress;
		this.#toldConnection = connection;
		this.#toldAddress = address;
		const own = this.changed(link);
		try {
			if (connectionChanged) this.#onChanged?.("connection");
			if (addressChanged && this.#watch === watch) this.#onChanged?.("address");
			if (own !== undefined && this.#watch === watch) this.#onChanged?.(own);
		} catch (error) {
			this.close(); // as with sockets; the stack reports it
			throw error;
		}
	}

	/** The stack and the interface. Throws SyntaxError once closed, Error when the interface is not part of the stack any more. */
	protected get use(): { stack: Stack; link: L } {
		const link = this.open;
		if (link.slot === 0) throw new Error(`interface ${link.name}: is not part of the stack any more`);
		return { stack: this.#stack, link };
	}

	protected get open(): L {
		if (this.#watch === undefined) throw new SyntaxError("network interface: it is closed");
		return this.#link;
	}

	/** All instances look, after processing. */
	protected tell(): void {
		this.#stack.changed(this.#link, PROTOCOL);
	}

	/** Name of the interface. */
	get name(): string {
		return this.open.name;
	}

	/** 0 gone, 100 taken down, 150 closing, 200 without a link, 300 connecting, 400 without an address, 500 with one. */
	get connection(): number {
		return this.connectionOf(this.open);
	}

	/** The first address; undefined until `connection` is 500. */
	get address(): string | undefined {
		return this.addressOf(this.open);
	}

	/** Takes the interface up. */
	connect(): void {
		const { link } = this.use;
		link.enabled = true;
		this.tell();
	}

	/** Takes the interface down, for everybody. */
	disconnect(): void {
		const { link } = this.use;
		link.enabled = false;
		this.tell();
	}

	/** Ends the watching; the interface stays as it is. May be repeated. */
	close(): void {
		this.#watch?.close();
		this.#watch = undefined;
	}
}

/** Links whose addresses the application may choose. */
export abstract class ConfigurableSocket<L extends Interface> extends LinkSocket<L> {
	/** Sets host name, address, whether there is IPv6, and temporary addresses of it. Throws TypeError or RangeError naming what is wrong, Error when DHCP cannot begin; then nothing has changed. */
	configure(options: ConfigureOptions): void {
		const { stack, link } = this.use;
		objectOption(options);
		const { static: chosen, temporary, ipv6 } = options;
		const has = ipv6 === undefined ? link.ip.discovery !== undefined : ipv6 !== "off";
		if (temporary !== undefined && typeof temporary !== "boolean")
			throw new TypeError(`temporary ${show(temporary)}: expected true or false`);
		if (temporary === true && !has)
			throw new RangeError(
				`temporary true of ${link.name}: it hears no routers of IPv6; give it "ipv6": "auto", or an Autoconfiguration`,
			);
		const hostname = options.hostname === undefined ? undefined : hostnameOf(String(options.hostname));
		const settings = chosen ? settingsOf(stack, link, chosen) : undefined;
		const make = checkMode(link, ipv6, settings?.addresses ?? []);
		// What may still throw comes first.
		if (ipv6 !== undefined) applyMode(stack, link, ipv6, make);
		if (settings !== undefined) {
			this.dynamic(stack, link, false);
			apply(stack, link, settings);
		} else if (chosen !== undefined) this.dynamic(stack, link, true);
		if (hostname !== undefined) this.named(link, hostname);
		const { discovery } = link.ip;
		if (temporary !== undefined && discovery !== undefined) discovery.temporary = temporary;
	}

	/** Takes up a host name, where there is a use for it. */
	protected named(_link: L, _hostname: string): void {}

	/** Begins or ends having the address lent. When it throws, nothing has changed. */
	protected dynamic(_stack: Stack, link: L, wanted: boolean): void {
		if (wanted) throw new RangeError(`static false of ${link.name}: ${link.kind} has no DHCP`);
	}
}
