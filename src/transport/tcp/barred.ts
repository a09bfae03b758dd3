// Addresses whose connections were ended for newcomers a moment ago, as they were slow or did not come to an end. Were they newcomers at
// once, they would throw out each other and everybody else in turn; so for a while they get what is free, and no more.

import { BARRED_ADDRESSES, BARRED_MS } from "../../config.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { Offset } from "../../packet/numbers.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";

const PAIR = 8;

/** Where the pair of address and time with that number stands. */
function pairAt(tcp: TcpBlock, index: number): Offset {
	return (tcp.barredPairs + Math.imul(index, PAIR)) | 0;
}

/** A connection of the address with that word (isn.ts) was ended for a newcomer. The oldest such address is forgotten. */
export function bar(view: DataView, address: number): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const at = pairAt(tcp, tcp.barredNext);
	tcp.barred = 1;
	view.setInt32(at, address, true);
	view.setInt32((at + 4) | 0, CoreBlock.of(view, CORE).now, true);
	const next = (tcp.barredNext + 1) | 0;
	tcp.barredNext = next < BARRED_ADDRESSES ? next : 0;
}

/** Whether that was less than a minute ago. */
export function isBarred(view: DataView, address: number): boolean {
	const tcp = TcpBlock.of(view, tcpAt(view));
	if (tcp.barred === 0 || address === 0) return false;
	const now = CoreBlock.of(view, CORE).now;
	for (let i = 0; i < BARRED_ADDRESSES; i++) {
		const at = pairAt(tcp, i);
		if (view.getInt32(at, true) !== address) continue;
		const ago = (now - view.getInt32((at + 4) | 0, true)) | 0;
		if (ago >= 0 && ago < BARRED_MS) return true; // below 0: the clock has wrapped since
	}
	return false;
}
