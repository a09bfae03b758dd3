// What a raw socket sends to a group reaches those of this board, too, that hear it: RFC 1112 §6.1. Flat TypeScript.

import { copyAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DESTINATION_ADDRESS, ipv4Again, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import type { Offset, Uint8 } from "../../packet/numbers.ts";
import type { PathBlock } from "../../packet/path-block.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { rawInput } from "./input.ts";

/** What goes to a group, in the packet at `ip` whose payload is bytes `at` to `end`, and in the pieces that follow, is for the raw sockets of this board, too, where it is in that group: RFC 1112 §6.1. */
export function rawLoop(view: DataView, path: PathBlock, protocol: Uint8, ip: Offset, at: Offset, end: Offset): void {
	const core = CoreBlock.of(view, CORE);
	copyAddress(view, SOURCE_ADDRESS, path.source);
	copyAddress(view, DESTINATION_ADDRESS, path.destination);
	view.setInt32(REGISTER.ipAt, ip, true);
	view.setInt32(REGISTER.ttlProtocol, ((path.ttl & 255) << 8) | protocol, true);
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) view.setInt32(REGISTER.namedAt, ip + ipv6.NEXT_HEADER, true);
	rawInput(view, InterfaceBlock.of(view, path.out), protocol, at, end);
	ipv4Again(view);
	if (core.awake === 0) core.wakes = 1;
}
