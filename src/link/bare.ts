// What the links of bare IP packets have in common: no neighbours and no link header, what goes in comes out at the other end.

import { BUSY, SENT } from "../device/device.ts";
import { countSent } from "#codec";
import { Interface } from "./interface.ts";
import type { Path } from "./path.ts";

export abstract class BareInterface extends Interface {
	override output(packet: number, at: number, end: number, path: Path): boolean {
		path.settle(this.core.wayVersion, 0);
		return this.send(packet, at, end, 0);
	}

	override send(packet: number, at: number, end: number, _header: number): boolean {
		if (this.native !== 0) return this.sendNative(packet, at, end, 0);
		countSent(this.core.view, at, end, this.block);
		const answer = this.waiting === 0 ? this.offer(packet, at, end) : BUSY;
		return answer !== SENT && this.notSent(answer, packet, at, end);
	}
}
