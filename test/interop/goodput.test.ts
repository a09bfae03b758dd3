// A board and the kernel over a wire that loses and reorders (support/impaired-wire.c), each as sender: every byte right. Some cells of the table that
// npm run bench -- --goodput --linux prints; not with INTEROP_BRIEF=1. SEED (1) is the wire's.

import { expect, it } from "vitest";
import { CELLS } from "../bench/goodput-cells.mjs";
import { prepare, transfer, type Tools } from "../bench/goodput-linux.mjs";
import { BRIEF } from "./support/board.ts";
import { describeWith, report } from "./support/setup.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const NAMES = ["loss 1 %, 50 ms, 20 Mbit/s", "loss 5 %, 10 ms, 2 Mbit/s", "reordering 5 %, 50 ms, 2 Mbit/s"];
/** Of a cell, so that the file takes a minute. */
const BYTES = 1_500_000;
const LIMIT_S = 120;

describeWith(["ethtool"], "over a bad wire", () => {
	let tools: Promise<Tools> | undefined;

	for (const name of NAMES)
		for (const role of ["send", "receive"] as const)
			it.skipIf(BRIEF)(
				`with ${name}, a board ${role === "send" ? "sends to" : "receives from"} the kernel: every byte is right`,
				async () => {
					const cell = CELLS.find((each) => each.name === name)!;
					tools ??= prepare();
					const options = { peer: "multihome", role, seed: SEED } as const;
					const result = await transfer(await tools, { ...cell, bytes: BYTES, limitS: LIMIT_S }, options);
					report(
						`${name}, the board ${role}s: ${result.goodput.toFixed(2)} Mbit/s; the kernel: ${JSON.stringify(result.counters.client)}`,
					);
					expect(result.error).toBe("");
					expect(result.bytes).toBe(BYTES);
				},
				300_000,
			);
});
