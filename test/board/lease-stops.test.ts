// How long the data path of a firmware stands still at the most while its addresses are lent by DHCP, for a few seconds each time, and a name is looked up every second.
// MULTIHOME_LEASES names the .uf2 of `pico-both` with `"dhcp": true` at both interfaces and the program test/board/support/load-program.ts; its .elf lies beside it.
// MULTIHOME_BOOTROM as for firmware.test.ts.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
import { readElf } from "./elf.ts";
import { Load } from "./load.ts";

const firmware = env("MULTIHOME_LEASES");
const bootrom = env("MULTIHOME_BOOTROM");
const given = firmware !== undefined && bootrom !== undefined;
if (!given)
	console.log(
		"test of stops by DHCP and names skipped: set MULTIHOME_LEASES and MULTIHOME_BOOTROM (test/board/lease-stops.test.ts)",
	);

/** Renewed after half of that. */
const LEASE_SECONDS = 8;
/** Of renewals and names. */
const SECONDS = 8;
/** A collection of 3 ms included, wherever one comes. */
const LONGEST_MS = 5;

test.runIf(given)(
	`while leases are renewed and names looked up it stands still for ${LONGEST_MS} ms at the most`,
	async () => {
		const Model = loadChips(await buildChips({ quiet: true }));
		const files = { firmware: firmware!, bootrom: bootrom! };
		const bench = new Bench(Model, files, readElf(firmware!.replace(/\.uf2$/, ".elf")), { stops: true });
		const stops = bench.stops!;
		const load = new Load(bench.machine);
		const places = PLACES.map(({ name, address, peer }, i) => ({
			name,
			peer: bench.peers[i]!,
			board: address,
			own: peer.replace(/\/.*/, ""),
		}));
		for (const place of places) load.serve(place, LEASE_SECONDS);
		const tell = (what: string) =>
			console.log(
				`${what}: ${(stops.longest / 1e6).toFixed(2)} ms at the most, ${stops.collections} collections; ` +
					`${load.figures.leases} messages of the servers, ${load.figures.names} names; stops in ms: ${stops}`,
			);
		expect(
			bench.until(() => /ready[^]*free bytes/.test(bench.printed), 5),
			bench.printed,
		).toBe(true);
		stops.reset();
		expect(
			bench.until(() => places.every(({ board }) => bench.printed.includes(board)), 10),
			bench.printed,
		).toBe(true);
		bench.run(0.5);
		tell("until both have addresses");
		expect(stops.longest / 1e6).toBeLessThan(LONGEST_MS);
		const { leases, names } = load.figures;
		stops.reset();
		bench.run(SECONDS);
		tell("then");
		expect(load.figures.leases - leases).toBeGreaterThanOrEqual(4);
		expect(load.figures.names - names).toBeGreaterThanOrEqual(SECONDS - 2);
		expect(stops.longest / 1e6).toBeLessThan(LONGEST_MS);
		expect(bench.complaints).toEqual([]);
	},
	300_000,
);
