// How long the data path of a firmware stands still at the most, while it is asked for everything that the status program tells. MULTIHOME_FIRMWARE, MULTIHOME_ELF and
// MULTIHOME_BOOTROM as for firmware.test.ts.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
import { readElf } from "./elf.ts";
import { Load, placesOf } from "./load.ts";

const firmware = env("MULTIHOME_FIRMWARE");
const elf = env("MULTIHOME_ELF");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && elf !== undefined && bootrom !== undefined;
if (!given)
	console.log("test of stops skipped: set MULTIHOME_FIRMWARE, MULTIHOME_ELF and MULTIHOME_BOOTROM (test/board/firmware.test.ts)");

const SECONDS = 3;
/** What docs/figures.md says, and no more. */
const LONGEST_MS = 5;
/** The page gives up after 4 s. */
const LONGEST_STATUS_MS = 2500;

test.runIf(given)(
	`while status, page and transfers go on by both interfaces it stands still for ${LONGEST_MS} ms at the most`,
	async () => {
		const Model = loadChips(await buildChips({ quiet: true }));
		const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, readElf(elf!), { stops: true });
		const stops = bench.stops!;
		expect(
			bench.until(() => /ready/.test(bench.printed), 5),
			bench.printed,
		).toBe(true);
		const load = new Load(bench.machine);
		const places = placesOf(PLACES, bench.peers);
		stops.reset();
		load.attack(places[0]!, ["status", "chargen", "discard", "page"]);
		load.attack(places[1]!, ["status", "echo", "page"]);
		bench.run(SECONDS);
		const { statuses, longestStatus, pages, toBoard, fromBoard, leastFree } = load.figures;
		console.log(
			`${(stops.longest / 1e6).toFixed(2)} ms at the most, ${(stops.longestWork / 1e6).toFixed(2)} without collections, ${stops.collections} collections of ${(stops.longestCollection / 1e6).toFixed(2)} ms at the most; ` +
				`${statuses} times /status, one in ${(longestStatus / 1e6).toFixed(0)} ms at the most, ${pages} pages, ${(toBoard / 1e6).toFixed(1)} MB in, ${(fromBoard / 1e6).toFixed(1)} MB out, ${leastFree} bytes free at least; stops in ms: ${stops}\n${/ready.*/.exec(bench.printed)![0]}`,
		);
		expect(statuses).toBeGreaterThan(SECONDS);
		expect(pages).toBeGreaterThan(SECONDS);
		expect(stops.longest / 1e6).toBeLessThan(LONGEST_MS);
		expect(longestStatus / 1e6).toBeLessThan(LONGEST_STATUS_MS);
		expect(bench.complaints).toEqual([]);
	},
	300_000,
);
