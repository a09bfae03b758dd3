// What the one state machine of groups (membership.ts) needs to know of a family: igmp.ts and mld.ts have it.

import type { Interface } from "../../link/interface.ts";

/** What a querier asks. */
export interface Query {
	/** That of the protocol it speaks. */
	readonly version: number;
	/** "" for all groups. */
	readonly group: string;
	/** Those that are asked about; none: all. */
	readonly sources: readonly string[];
	/** An answer may take so long, ms. */
	readonly delayMs: number;
	/** What it says of its network, 0 where it says nothing: how many messages in a row may be lost but one, and ms between general queries. */
	readonly robustness: number;
	readonly intervalMs: number;
}

/** One group's part of a report. */
export interface Record {
	/** IS_INCLUDE and so on. */
	readonly type: number;
	readonly group: string;
	readonly sources: readonly string[];
}

/** Writes the records of a report from `at` on, addresses by `put`, each of so many bytes. Answers their end. RFC 3376 §4.2.4, RFC 3810 §5.2.5. */
export function putRecords(
	view: DataView,
	at: number,
	records: readonly Record[],
	put: (view: DataView, at: number, address: string) => void,
	bytes: number,
): number {
	let to = at;
	for (const { type, group, sources } of records) {
		view.setInt32(to, (type << 24) | sources.length);
		to += 4;
		for (const address of [group, ...sources]) {
			put(view, to, address);
			to += bytes;
		}
	}
	return to;
}

/** A family's messages. */
export interface Format {
	/** Of its addresses. */
	readonly bits: 32 | 128;
	/** Version of the protocol that has sources. */
	readonly newest: number;
	/** Bytes before the records of a report, IP header and all; of a record; and of a source. */
	readonly reportBytes: number;
	readonly recordBytes: number;
	readonly sourceBytes: number;
	/** Whether routers are to know of a group: not of that of all stations, nor of what does not leave the host. */
	reported(group: string): boolean;
	/** Groups that the interface is in beside those that were joined. */
	ownGroups(link: Interface): string[];
	/** From where messages of that interface come; "" while there is no address for that. */
	source(link: Interface): string;
	/** The message behind the IP header at `ip`, in bytes `at` to `end`: a query; the group that another station has reported in the older way; undefined when it is neither, or to be ignored. */
	read(view: DataView, ip: number, at: number, end: number): Query | string | undefined;
	/** Writes a packet with a report. Answers its end. */
	report(view: DataView, at: number, source: string, records: readonly Record[]): number;
	/** Where these go. */
	readonly reportsTo: string;
	/** The same in the way of an older version, of one group that we are in, or have left. */
	older(view: DataView, at: number, source: string, version: number, group: string, left: boolean): number;
	/** Where that goes; "" when nobody is told in that version. */
	olderTo(version: number, group: string, left: boolean): string;
}
