// NPTv6, RFC 6296: the prefix of a network's own addresses and the one that it has outside take each other's place, and a word of the address is changed so that no checksum behind it is. Flat TypeScript.

import { ADDRESS, copyAddress, samePrefix } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import type { RouterBlock } from "../../packet/router-block.ts";
import { fold } from "../../wire/checksum.ts";

/** Longest prefix whose subnet is changed; of longer ones it is a word of the identifier. RFC 6296 §3.4, §3.5. */
const SUBNETS = 48;

/** The bits of a prefix at `from` are written over those of an address. */
function setPrefix(view: DataView, at: Address, from: Address, length: number): void {
	let left = length;
	for (let i = 0; i < ADDRESS; i++) {
		const mask = left >= 8 ? 255 : left <= 0 ? 0 : (0xff00 >> left) & 255;
		view.setUint8(at + i, (view.getUint8(from + i) & mask) | (view.getUint8(at + i) & ~mask & 255));
		left = (left - 8) | 0;
	}
}

/** The word that takes the change: of the subnet, or the first of the identifier that is not all ones. 0: there is none, RFC 6296 §3.5. */
function wordOf(view: DataView, at: Address, length: number): number {
	if (length <= SUBNETS) return view.getUint16(at + 6) === 0xffff ? 0 : 6;
	for (let word = 8; word < ADDRESS; word += 2) if (view.getUint16(at + word) !== 0xffff) return word;
	return 0;
}

/** The address at `at` of a packet changes from one prefix to the other: `out`, it leaves. Answers false where it cannot be. */
function change(view: DataView, router: RouterBlock, at: Address, out: boolean): boolean {
	check(at, ADDRESS, view.byteLength);
	const word = wordOf(view, at, router.prefixLength);
	if (word === 0) return false;
	const adjust = router.prefixAdjust & 0xffff;
	setPrefix(view, at, out ? router.prefixOutside : router.prefixInside, router.prefixLength);
	const place: Offset = (at + word) | 0;
	const sum = fold(view.getUint16(place) + (out ? adjust : ~adjust & 0xffff));
	view.setUint16(place, sum === 0xffff ? 0 : sum);
	return true;
}

/** The packet to the address at `at` that came in by the interface of the prefix outside: it is for one within. Answers whether it was changed, and can be. */
export function prefixIn(view: DataView, router: RouterBlock, at: Address): boolean {
	if (!samePrefix(view, at, router.prefixOutside, Math.min(router.prefixLength, 128))) return false;
	return change(view, router, at, false);
}

/** The packet from the address at `at` is about to leave. Answers false when it cannot be changed. */
export function prefixOut(view: DataView, router: RouterBlock, at: Address): boolean {
	if (!samePrefix(view, at, router.prefixInside, Math.min(router.prefixLength, 128))) return true;
	return change(view, router, at, true);
}

/** What a word of addresses grows by as they leave: the sums of both prefixes, which are words, are one then. RFC 6296 §3.1. */
export function prefixAdjust(view: DataView, router: RouterBlock): void {
	let sum = 0;
	for (let word = 0; word < ADDRESS; word += 2)
		sum = (sum + view.getUint16(router.prefixInside + word) + (~view.getUint16(router.prefixOutside + word) & 0xffff)) | 0;
	router.prefixAdjust = fold(sum);
}

/** Both prefixes, given. */
export function prefixesSet(view: DataView, router: RouterBlock, inside: Address, outside: Address, length: number): void {
	copyAddress(view, router.prefixInside, inside);
	copyAddress(view, router.prefixOutside, outside);
	router.prefixLength = length;
	prefixAdjust(view, router);
}
