// The gate of the benchmark: what each case may cost, `counts.json`, against what it was measured to cost.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A count may be off the agreed one by this part of it, in either direction. */
export const ALLOWED = 0.03;

/** What grows, or was agreed on with the peer, must hardly show: the case with many, and the same with few, which takes at most LEVEL times fewer instructions. IPv6 may take a little more of IPv4, and connections that nothing moves on take nothing of another. */
const LEVEL = 1.1;
const LEVEL_IPV6 = 1.15;
const LEVEL_IDLE = 1.02;
const ALIKE = [
	["idle-poll-interfaces-16", "idle-poll"],
	["tcp-receive-1460-interfaces-16", "tcp-receive-1460"],
	["tcp-receive-1448-options", "tcp-receive-1460"],
	["tcp-send-1448-options", "tcp-send-1460"],
	["udp-echo-64-interfaces-16", "udp-echo-64"],
	["decode-interfaces-16", "decode-interfaces-2"],
	["tcp-timers-1000", "tcp-timers-8"],
	["forward-nat-64-ports-1000", "forward-nat-64"],
	["forward-nat-64-rules-32", "forward-nat-64"],
	["bridge-64-stations-1000", "bridge-64"],
	["decode-vlans-60", "decode-vlans-1"],
	["tcp-receive-1460-idle-1000", "tcp-receive-1460", LEVEL_IDLE],
	["tcp-send-1460-idle-1000", "tcp-send-1460", LEVEL_IDLE],
	["route-lookup-10000", "route-lookup-10"],
	["demux-1024", "demux-4"],
	["arp-reply-neighbors-1000", "arp-reply"],
	["tcp-receive-1440-ipv6", "tcp-receive-1460", LEVEL_IPV6],
	["tcp-send-1440-ipv6", "tcp-send-1460", LEVEL_IPV6],
	["tcp-receive-1428-options-ipv6", "tcp-receive-1448-options", LEVEL_IPV6],
	["tcp-send-1428-options-ipv6", "tcp-send-1448-options", LEVEL_IPV6],
	["tcp-connect-close-ipv6", "tcp-connect-close", LEVEL_IPV6],
	["udp-echo-64-ipv6", "udp-echo-64", LEVEL_IPV6],
];

/** What a case may never cost, whatever is agreed on. */
export const BARS = {
	"tcp-receive-1460": 4800,
	"tcp-send-1460": 5600,
	"tcp-read-byte": 2500,
	"udp-echo-64": 4500,
	"udp-echo-1472": 8000,
	"icmp-echo-64": 1800,
	"forward-64": 1500,
	"forward-nat-64": 2500,
	"arp-reply": 2500,
	"tcp-connect-close": 80_000,
};

const path = fileURLToPath(new URL("counts.json", import.meta.url));

/** The agreed instructions of every case, by its name. */
export const readCounts = () => JSON.parse(readFileSync(path, "utf8"));

export const writeCounts = (counts) => writeFileSync(path, `${JSON.stringify(counts, undefined, "\t")}\n`);

const figure = (count) => count.toLocaleString("en-US");

/**
 * What is wrong with a measured case, and what to do about it, a line each. A count that has fallen is wrong as well: what is not agreed on could be lost again
 * unseen.
 */
export function complaints({ name, instructions, slots, chunkBytes, collections }, agreed) {
	const wrong = [];
	if (Math.abs(instructions - agreed) > agreed * ALLOWED) {
		const part = ((Math.abs(instructions - agreed) / agreed) * 100).toFixed(1);
		const [where, remedy] =
			instructions > agreed
				? ["above", "mend it, or raise the count in the same commit, with the reason in CHANGELOG.md"]
				: ["below", "lower the count in the same commit, so that nothing takes the gain away unseen"];
		wrong.push(
			`${name}: ${figure(instructions)} instructions, ${part} % ${where} the agreed ${figure(agreed)}: ${remedy} (npm run bench -- --write --only ${name})`,
		);
	}
	if (instructions > BARS[name])
		wrong.push(
			`${name}: ${figure(instructions)} instructions, where ${figure(BARS[name])} are the most, whatever is agreed on: mend it`,
		);
	if (slots > 0 || chunkBytes > 0 || collections > 0)
		wrong.push(
			`${name}: ${slots} slots and ${chunkBytes} chunk bytes a packet, ${collections} collections, where each has to be 0: mend it`,
		);
	return wrong;
}

/** Cases without an agreed count, and counts of cases that there are no more. */
export const unmatched = (counts, names) => [
	...names
		.filter((name) => counts[name] === undefined)
		.map((name) => `${name}: no agreed count in test/bench/counts.json: npm run bench -- --write --only ${name}`),
	...Object.keys(counts)
		.filter((name) => !names.includes(name))
		.map((name) => `${name}: an agreed count in test/bench/counts.json, and no such case: npm run bench -- --write`),
];

/** Agreed counts that grow with how many interfaces, connections, routes or sockets there are. */
export const uneven = (counts) =>
	ALIKE.filter(([many, few, level = LEVEL]) => counts[many] > level * counts[few]).map(
		([many, few, level = LEVEL]) =>
			`${many}: an agreed count of ${figure(counts[many])}, ${(counts[many] / counts[few]).toFixed(2)} times that of ${few}, where ${level} is the most: mend what ${level === LEVEL ? "is looked at one by one" : "IPv6 does besides"}`,
	);

/** The counts after a measurement: of `names`, all cases in their order, what was measured, else what was agreed on. */
export function renewed(counts, names, rows) {
	const measured = new Map(rows.map(({ name, instructions }) => [name, instructions]));
	return Object.fromEntries(
		names.flatMap((name) => {
			const count = measured.get(name) ?? counts[name];
			return count === undefined ? [] : [[name, count]];
		}),
	);
}

/** How two agreements differ, a line a case. */
export function changes(before, after) {
	const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
	return names
		.filter((name) => before[name] !== after[name])
		.map((name) => {
			const [from, to] = [before[name], after[name]];
			if (from === undefined) return `${name}: ${figure(to)}, new`;
			if (to === undefined) return `${name}: gone, was ${figure(from)}`;
			return `${name}: ${figure(to)}, was ${figure(from)} (${to > from ? "+" : ""}${(((to - from) / from) * 100).toFixed(1)} %)`;
		});
}
