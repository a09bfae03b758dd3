// What a responder answers for: its host and its services, each with a name that nobody else may have, and the records that say what there is of it.

import { OWN_TENTATIVE } from "../../packet/interface-block.ts";
import type { Interface } from "../../link/interface.ts";
import { MAX_LABEL, TYPE_PTR, TYPE_SRV, TYPE_TXT } from "../../wire/dns.ts";
import { cut, Name } from "./names.ts";
import { addressRecord, negative, pointer, reverseRecord, serviceRecord, textRecord, type Content } from "./records.ts";

/** RFC 6763 §9. */
const ALL_TYPES = new Name(["_services", "_dns-sd", "_udp", "local"]);

/** A service as programs see it. */
export interface AnnouncedService {
	/** The name that people see, RFC 6763 §4.1.1. */
	name: string;
	/** "_http._tcp". */
	type: string;
	port: number;
}

export interface Item {
	/** The name that is probed for. */
	name: Name;
	/** What is announced of it, where it is a service. */
	readonly service: AnnouncedService | undefined;
	/** Which try of the name it is. */
	count: number;
	/** Somebody else has the name: takes the next. RFC 6762 §9. */
	rename(): void;
	records(link: Interface, host: Name): Content[];
}

/** `label` with what tells it from others of that name, within the length of a label. */
function numbered(label: string, count: number, before: string, after: string): string {
	if (count === 1) return label;
	const end = `${before}${count}${after}`;
	return cut(label, MAX_LABEL - end.length) + end;
}

export class Host implements Item {
	readonly #label: string;
	/** Without ".local". */
	label: string;
	name: Name;
	readonly service = undefined;
	count = 1;

	constructor(label: string) {
		this.#label = this.label = label;
		this.name = new Name([label, "local"]);
	}

	rename(): void {
		this.label = numbered(this.#label, ++this.count, "-", "");
		this.name = new Name([this.label, "local"]);
	}

	/** Addresses of the interface that is asked: RFC 6762 §6. */
	records(link: Interface): Content[] {
		const records: Content[] = [];
		const types: number[] = [];
		for (const { address, bits } of link.addresses) {
			if (bits & OWN_TENTATIVE) continue;
			const record = addressRecord(this.name, address);
			const reverse = reverseRecord(address, this.name);
			records.push(record, reverse, negative(reverse.name, [TYPE_PTR]));
			types.push(record.type);
		}
		if (types.length > 0) records.push(negative(this.name, types));
		return records;
	}
}

export class Announced implements Item {
	/** Its name as it was asked for. */
	readonly #instance: string;
	readonly service: AnnouncedService;
	readonly #labels: readonly [string, string];
	readonly #subtypes: readonly string[];
	readonly #text: Uint8Array;
	name: Name;
	count = 1;

	constructor(instance: string, labels: readonly [string, string], subtypes: readonly string[], port: number, text: Uint8Array) {
		this.#instance = instance;
		this.service = { name: instance, type: labels.join("."), port };
		this.#labels = labels;
		this.#subtypes = subtypes;
		this.#text = text;
		this.name = new Name([instance, ...labels, "local"]);
	}

	/** RFC 6763, appendix D. */
	rename(): void {
		const name = (this.service.name = numbered(this.#instance, ++this.count, " (", ")"));
		this.name = new Name([name, ...this.#labels, "local"]);
	}

	records(_link: Interface, host: Name): Content[] {
		const type = new Name([...this.#labels, "local"]);
		return [
			pointer(ALL_TYPES, type),
			pointer(type, this.name),
			...this.#subtypes.map((subtype) => pointer(new Name([subtype, "_sub", ...this.#labels, "local"]), this.name)),
			serviceRecord(this.name, this.service.port, host),
			textRecord(this.name, this.#text),
			negative(this.name, [TYPE_TXT, TYPE_SRV]),
		];
	}
}
