// What the command lines say at the start: the addresses of a board, and which ports of this machine lead to it.

import { forwardsOf, hasDhcp } from "./board.ts";
import type { Board } from "./board.ts";

/** Several lines; `several`: with the board's name, as there are others. */
export function whereReached(board: Board, several = false): string {
	let text = several ? `board ${board.name}\n` : "";
	for (const each of board.file.interfaces) {
		const addresses = (each.addresses ?? []).map((address) => address.replace(/\/.*/, "")).join(", ");
		// The board says its address when it has one.
		const address = hasDhcp(each) ? "dhcp" : addresses;
		const forwards = forwardsOf(each);
		const web = forwards.find(({ udp, to }) => !udp && to === 80);
		const others = forwards.filter((forward) => forward !== web);
		const name = each.name.padEnd(5);
		if (web !== undefined) text += `${name} http://127.0.0.1:${web.from}/   (${address})\n`;
		else text += `${name} ${address || "no address"}   (${each.wire ?? "loopback"})\n`;
		if (others.length > 0)
			text += `${" ".repeat(6)}127.0.0.1: ${others.map(({ from, to, udp }) => `${from}${udp ? "/udp" : ""} → ${to}`).join(", ")}\n`;
	}
	return text;
}
