// The cached way to a destination, as the interpreter has it: what it is lies in a PathBlock in the arena. Every socket owns one: looked up once, used until the routes, or something
// else of the way, change.

import { addressText } from "../address.ts";
import { PathBlock } from "../packet/path-block.ts";
import type { Interface } from "./interface.ts";

/** Where its fields lie in its block. */
const AT = PathBlock.offsets;

/** Knows the interface by the offset of its block. */
export interface Links {
	linkAt(block: number): Interface | undefined;
}

/** packet/path-block.ts says what the fields mean. */
export class Path {
	/** Arena offset of the PathBlock. */
	readonly at: number;
	readonly #view: DataView;
	readonly #links: Links;

	constructor(view: DataView, at: number, links: Links) {
		this.#view = view;
		this.at = at;
		this.#links = links;
		this.clear();
	}

	#get(field: number): number {
		return this.#view.getInt32(this.at + field, true);
	}

	#put(field: number, value: number): void {
		this.#view.setInt32(this.at + field, value, true);
	}

	/** The interface it leaves by; undefined means there was no route. */
	get out(): Interface | undefined {
		return this.#links.linkAt(this.#get(AT.out));
	}
	/** Addresses, "" for none. These texts are made when they are asked for. */
	get destination(): string {
		return addressText(this.#view, this.at + AT.destination);
	}
	get source(): string {
		return addressText(this.#view, this.at + AT.source);
	}
	get bound(): number {
		return this.#get(AT.bound);
	}
	/** Of a way that was found. */
	get nextHop(): string {
		return addressText(this.#view, this.#get(AT.nextHop));
	}
	get mtu(): number {
		return this.#get(AT.mtu);
	}
	/** Nothing was looked up for it yet, or nothing that counts. */
	clear(): void {
		this.#put(AT.wayVersion, -1);
		this.#put(AT.routeVersion, -1);
		this.#put(AT.neighbor, 0);
		this.#put(AT.out, 0);
	}
}
