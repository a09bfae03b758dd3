// What is sent to a group reaches the sockets of this board, too, that have joined it where it leaves: RFC 1112 §6.1, RFC 3493 §5.2. Flat TypeScript.

import { copyAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DESTINATION_ADDRESS, ipv4Again, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import { deliverToMany } from "./many.ts";

/** Delivers `length` bytes that go along the path, as `deliverToMany` has them; what stands in front of `payload` is overwritten. Who has no room for it misses it. */
export function loopDatagram(
	view: DataView,
	path: PathBlock,
	ports: number,
	payload: Offset,
	here: Length,
	length: Length,
	rest: number,
): void {
	copyAddress(view, SOURCE_ADDRESS, path.source);
	copyAddress(view, DESTINATION_ADDRESS, path.destination);
	view.setInt32(REGISTER.ports, ports, true);
	deliverToMany(view, InterfaceBlock.of(view, path.out).slot, payload, here, length, rest);
	ipv4Again(view);
	const core = CoreBlock.of(view, CORE);
	if (core.awake === 0) core.wakes = 1;
}
