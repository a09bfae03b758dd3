// What a board file says of a filter and of translation, and the room for it.

import type { RouterFile } from "../links/router.ts";
import type { StackOptions } from "../../src/config.ts";
import type { BoardFile } from "./config.ts";

/** Entries of the table of sessions where the board file has a router and says nothing of them. */
const ENTRIES = 256;

/** The router of a board file, undefined where it has none. */
export function routerOf({ outside, filter, nat, forwardPorts, nptv6 }: BoardFile): RouterFile | undefined {
	const file: RouterFile = {
		...(outside !== undefined && { outside }),
		...(filter !== undefined && { filter }),
		...(nat !== undefined && { nat }),
		...(forwardPorts !== undefined && { forwardPorts }),
		...(nptv6 !== undefined && { nptv6 }),
	};
	return Object.keys(file).length > 0 ? file : undefined;
}

/** The room that it takes. */
export function routerRoom(file: BoardFile): NonNullable<StackOptions["router"]> | undefined {
	const { router } = file.limits ?? {};
	if (routerOf(file) === undefined) return router;
	return { entries: ENTRIES, rules: file.filter?.length ?? 0, ...router };
}

/** What is wrong with it, with its value; undefined when nothing is. The rest is told as it begins. */
export function routerProblem(file: BoardFile): string | undefined {
	const names = ["lo", ...file.interfaces.map(({ name }) => name)];
	const { entries } = routerRoom(file) ?? {};
	if (routerOf(file) !== undefined && entries === 0) return "limits.router.entries 0: expected at least 1, for filter or nat";
	const said: [string, string | undefined][] = [
		...(file.outside ?? []).map((name, i): [string, string] => [`outside[${i}]`, name]),
		...[file.nat?.out ?? []].flat().map((name): [string, string] => ["nat.out", name]),
		["nptv6.out", file.nptv6?.out],
		...(file.filter ?? []).flatMap((rule, i): [string, string | undefined][] => [
			[`filter[${i}].in`, rule.in],
			[`filter[${i}].out`, rule.out],
		]),
	];
	for (const [place, name] of said)
		if (name !== undefined && !names.includes(name))
			return `${place} ${JSON.stringify(name)}: there is no such interface; expected ${names.join(", ")}`;
	if (file.forwardPorts !== undefined && file.nat === undefined)
		return "forwardPorts: they lead from the address of nat; say which interface has that, nat.out";
	const forwards = file.nat !== undefined || file.nptv6 !== undefined;
	return forwards && file.forwarding !== true
		? `${file.nat === undefined ? "nptv6" : "nat"}: a router forwards; say "forwarding": true`
		: undefined;
}
