// Framing and header compression in TypeScript, also on XS, against short hostile input: no exception, nothing beside its place touched, and afterwards a good frame passes as
// before. FRAMES for more or fewer inputs; serial.c does the same to the C.

import { describe, expect, it } from "vitest";
import { FramingBlock } from "../../src/packet/framing-block.ts";
import { framingReset } from "../../src/wire/framing.ts";
import { hdlcDecode, hdlcEncode } from "../../src/wire/hdlc.ts";
import { slipDecode, slipEncode } from "../../src/wire/slip.ts";
import { vjCompress } from "../../src/wire/vj-compress.ts";
import { vjDecompress } from "../../src/wire/vj-decompress.ts";
import { VJ_COMPRESSED_TCP, VJ_UNCOMPRESSED_TCP, vjBytes, vjReset } from "../../src/wire/vj.ts";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";
import { hdlcFrame, slipFrame } from "../support/serial-frames.ts";
import { Conversation } from "../support/tcp-headers.ts";

const SEED = envNumber("SEED", 20261124);
const INPUTS = envNumber("FRAMES", 1_000_000);
/** Places: decoders, what comes, what goes out, what came of it. */
const STATE = 0;
const VJ = 64;
const IN = 2048;
const RING = 3072;
const TO = 4096;
const MAX = 40;
/** Where these lie in the FramingBlock. */
const AT = FramingBlock.offsets;
const GUARD = 0x5a5a5a5a;
const OFTEN = [0x7e, 0x7d, 0xc0, 0xdb, 0xdc, 0xdd, 0x5e, 0x11, 0xff, 3, 0, 0x21];

function memory(): { bytes: Uint8Array; view: DataView } {
	const bytes = new Uint8Array(8192);
	const view = new DataView(bytes.buffer);
	view.setInt32(TO + MAX, GUARD);
	view.setInt32(TO - 4, GUARD);
	return { bytes, view };
}

function untouched(view: DataView): boolean {
	return view.getInt32(TO + MAX) === GUARD && view.getInt32(TO - 4) === GUARD;
}

describe(`serial lines under fire, SEED=${SEED}`, () => {
	const share = Math.ceil(INPUTS / 3);

	it.each([
		["HDLC", hdlcDecode, hdlcFrame([0x21], [1, 2, 3])],
		["SLIP", slipDecode, slipFrame([1, 2, 3])],
	])(
		`%s survives ${share} spans of bytes`,
		(name, decode, good) => {
			const prng = new Prng(SEED);
			const { bytes, view } = memory();
			framingReset(view, STATE);
			let results = 0;
			for (let i = 0; i < share; i++) {
				if (name === "HDLC" && i % 64 === 0) view.setInt32(STATE + AT.receiveAccm, i & 64 ? 0 : prng.next(), true);
				const end = IN + (prng.next() & 15);
				for (let at = IN; at < end; at++) bytes[at] = prng.next() & 3 ? OFTEN[prng.below(12)]! : prng.next();
				for (let at = IN; at < end;) {
					const taken = decode(view, STATE, view, at, end - at, TO, MAX);
					at += taken;
					const result = view.getInt32(STATE + AT.result, true);
					if (result !== 0) results++;
					if (taken <= 0 || at > end || (result !== -1 && (result & 0xffff) > MAX))
						expect.fail(`${taken} taken, ${result}, input ${i}`);
				}
				if (i % 1024 !== 0) continue;
				expect(untouched(view), `input ${i}`).toBe(true);
				// The last END or flag of nonsense, then a frame.
				if (name === "HDLC") view.setInt32(STATE + AT.receiveAccm, 0, true);
				bytes.set([0x41, good[0]!, ...good], IN);
				const stop = IN + good.length + 2;
				let last = 0;
				for (let at = IN; at < stop;) {
					at += decode(view, STATE, view, at, stop - at, TO, MAX);
					last = view.getInt32(STATE + AT.result, true);
				}
				expect([last & 0xffff, ...bytes.subarray(TO, TO + 3)]).toEqual([3, 1, 2, 3]);
			}
			expect(results).toBeGreaterThan(share / 10);
		},
		900_000,
	);

	it(`encoders and header compression survive ${share} packets`, () => {
		const prng = new Prng(SEED + 1);
		const { bytes, view } = memory();
		vjReset(view, VJ, 4, true);
		expect(VJ + vjBytes(4)).toBeLessThan(IN);
		let packet = new Conversation(prng).next();
		let passed = 0;
		for (let i = 0; i < share; i++) {
			// One real packet now and then, and many that resemble it.
			if (i % 64 === 0) packet = new Conversation(prng).next().slice(0, 90);
			if (i % 4 === 0) bytes.set(packet, IN);
			bytes[IN + prng.below(44)] = prng.next();
			const end = IN + (prng.chance(0.5) ? packet.length : prng.below(90));
			const kind = i & 3;
			if (kind === 0) vjCompress(view, VJ, IN, end);
			else if (kind === 3) {
				const room = prng.below(257);
				const used =
					i & 4
						? hdlcEncode(view, IN, IN + 12, view, RING, 256, i, room, prng.below(65536), prng.next(), i >> 3)
						: slipEncode(view, IN, IN + 12, view, RING, 256, i, room, i >> 3);
				if (used > room) expect.fail(`${used} of ${room}, input ${i}`);
			} else {
				const type = kind === 1 ? VJ_COMPRESSED_TCP : VJ_UNCOMPRESSED_TCP;
				const start = vjDecompress(view, VJ, type, IN, end, IN - 20, IN + 200);
				if (start >= 0) passed++;
				if (start !== -1 && (start < IN - 20 || start > IN + 200)) expect.fail(`packet at ${start}, input ${i}`);
			}
		}
		expect(untouched(view)).toBe(true);
		expect(passed).toBeGreaterThan(share / 100);
	}, 900_000);
});
