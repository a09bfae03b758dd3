// From whom a group is wanted: what any of those who have joined it wants, as one filter. RFC 3376 §3.2, RFC 3810 §4.2.

import type { JoinedGroup } from "../../link/ip-side.ts";

/** From these sources alone (INCLUDE), or from all but these (EXCLUDE). */
export interface Filter {
	readonly exclude: boolean;
	readonly sources: ReadonlySet<string>;
}

/** INCLUDE without any: the group is not wanted. */
export const NOBODY: Filter = { exclude: false, sources: new Set() };
/** EXCLUDE without any. */
export const EVERYBODY: Filter = { exclude: true, sources: new Set() };

/** Whether what that source sends is wanted. */
export function lets({ exclude, sources }: Filter, source: string): boolean {
	return sources.has(source) !== exclude;
}

/** What at least one of two wants. */
export function merged(a: Filter, b: Filter): Filter {
	if (!a.exclude && !b.exclude) return { exclude: false, sources: new Set([...a.sources, ...b.sources]) };
	const [without, other] = a.exclude ? [a, b] : [b, a];
	return { exclude: true, sources: new Set([...without.sources].filter((source) => !lets(other, source))) };
}

/** What those want who have joined a group: each for one source, or for all but those that it makes exceptions of. */
export function filterOf(joins: JoinedGroup): Filter {
	return joins
		.filter(({ except }) => !except)
		.map(({ member, source }): Filter => {
			if (source !== "") return { exclude: false, sources: new Set([source]) };
			const exceptions = joins.filter((each) => each.except && each.member === member);
			return { exclude: true, sources: new Set(exceptions.map((each) => each.source)) };
		})
		.reduce(merged, NOBODY);
}
