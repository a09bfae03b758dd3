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

const SECONDS = 6;
/** What docs/figures.md says, and no more. */
const LONGEST_MS = 5;
/** The page gives up after so long. hosts/examples/status/page.html */
const PATIENCE_MS = 4000;
/** One at each interface asks for /status without a pause: so often each must have been answered, or one was not in time. */
const STATUSES = (2 * SECONDS * 1000) / PATIENCE_MS;
/** Programs' timers have at least this share of the time, while polls move as much as peers that never wait give and take. */
const SHARE = 1 / 3;

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
		const { share } = stops;
		const { statuses, longestStatus, pages, toBoard, fromBoard, leastFree } = load.figures;
		console.log(
			`${(stops.longest / 1e6).toFixed(2)} ms at the most, ${stops.collections} collections; ` +
				`${statuses} times /status, one in ${(longestStatus / 1e6).toFixed(0)} ms at the most, ${pages} pages, ${(toBoard / 1e6).toFixed(1)} MB in, ${(fromBoard / 1e6).toFixed(1)} MB out, programs have ${(share * 100).toFixed(0)} % of the time, ${leastFree} bytes free at least; stops in ms: ${stops}\n${/ready.*/.exec(bench.printed)![0]}`,
		);
		expect(statuses).toBeGreaterThanOrEqual(STATUSES);
		expect(pages).toBeGreaterThanOrEqual(STATUSES);
		expect(share).toBeGreaterThan(SHARE);
		expect(stops.longest / 1e6).toBeLessThan(LONGEST_MS);
		expect(longestStatus / 1e6).toBeLessThan(PATIENCE_MS);
		expect(bench.complaints).toEqual([]);
	},
	900_000,
);
