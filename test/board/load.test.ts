// A firmware under the heaviest load that its sockets allow. MULTIHOME_LOAD names the .uf2 (or MULTIHOME_FIRMWARE), its .elf lies beside it or in
// MULTIHOME_ELF, MULTIHOME_BOOTROM names the boot ROM, MULTIHOME_TARGET the target (pico-both when missing), LOAD_SECONDS how long, in the board's time.

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { env, envNumber } from "../support/env.ts";
import { Bench, PLACES } from "./bench.ts";
import { readElf } from "./elf.ts";
import { Load, placesOf } from "./load.ts";
import { serialPeer } from "./peer.ts";

const firmware = env("MULTIHOME_LOAD") ?? env("MULTIHOME_FIRMWARE");
const bootrom = env("MULTIHOME_BOOTROM");
const target = env("MULTIHOME_TARGET") ?? "pico-both";
const elf = env("MULTIHOME_LOAD") === undefined ? env("MULTIHOME_ELF") : firmware!.replace(/\.uf2$/, ".elf");
const given = firmware !== undefined && bootrom !== undefined;
if (!given) console.log("load test skipped: set MULTIHOME_LOAD to the .uf2 of `npm run build:pico`, and MULTIHOME_BOOTROM");

const SECONDS = envNumber("LOAD_SECONDS", 10);
/** Time for DHCP, which probes an address before it uses it. */
const START_SECONDS = 20;
const LOSS = 0.01;
const LEAST_FREE = 8192;
/** More connections at a time than there are TCP sockets, by interfaces. */
const KINDS = [
	["chargen", "status", "discard", "echo", "page", "status", "chargen"],
	["discard", "status", "chargen", "echo", "status"],
	["echo", "status", "chargen"],
] as const;
const CHIPS: Record<string, number[]> = { "w5500-evb-pico": [0], "pico-enc28j60": [1] };
const SOCKETS = { tcp: 12, udp: 6, receiveBuffer: 5840, sendBuffer: 5840 };

describe.runIf(given)(`${target} under load`, () => {
	test(`for ${SECONDS} s of its time: no reset, at least ${LEAST_FREE} bytes free`, async () => {
		const chips = (CHIPS[target] ?? [0, 1]).map((i) => PLACES[i]!);
		const cable = { loss: LOSS, sockets: SOCKETS, packets: 64 };
		const symbols = elf !== undefined && existsSync(elf) ? readElf(elf) : undefined;
		const Model = loadChips(await buildChips({ quiet: true }));
		const bench = new Bench(Model, { firmware: firmware!, bootrom: bootrom! }, symbols, { places: chips, cable });
		const load = new Load(bench.machine);
		const places = placesOf(chips, bench.peers);
		for (const place of places) load.serve(place);
		if (target === "pico-three") {
			bench.machine.uart[1].heedsRts = true;
			const [own, board] = ["192.168.99.1", "192.168.99.2"];
			const options = { local: own, remote: board };
			const peer = serialPeer(bench.machine, bench.machine.uart[1], 9, options, { sockets: SOCKETS, packets: 64 });
			places.push({ name: "ppp0", peer, board, own });
		}
		expect(
			bench.until(() => /ready[^]*free bytes/.test(bench.printed), 5),
			bench.printed,
		).toBe(true);
		const addresses = () => places.slice(0, chips.length).every(({ board }) => bench.printed.includes(board));
		expect(bench.until(addresses, START_SECONDS), bench.printed).toBe(true);
		// Nobody can connect by PPP before it has come up.
		const up = () => places.every(({ peer }) => peer.stack.interfaces.list.every((link) => link.up));
		expect(bench.until(up, START_SECONDS), bench.printed).toBe(true);
		const dhcp = bench.printed.includes("(dhcp");
		const began = { nanos: bench.machine.clock.nanos, real: Date.now() };
		for (const [i, place] of places.entries()) load.attack(place, KINDS[i]!);
		const { figures } = load;
		let reset: unknown;
		try {
			for (let second = 0; second < SECONDS; second++) {
				bench.run(1);
				// So that what is printed comes out.
				await new Promise((next) => setImmediate(next));
				if ((second + 1) % 60 === 0)
					console.log(`${target}: ${second + 1} s, ${((Date.now() - began.real) / 1000).toFixed(0)} s here, ${tell(figures)}`);
			}
		} catch (error) {
			reset = error;
		}
		const seconds = (bench.machine.clock.nanos - began.nanos) / 1e9;
		console.log(
			`${target}${dhcp ? " with DHCP" : ""}: ${seconds.toFixed(1)} s in ${((Date.now() - began.real) / 1000).toFixed(0)} s, ${tell(figures)}\n${bench.printed.slice(-300)}`,
		);
		expect(reset, `after ${seconds.toFixed(1)} s: ${bench.printed.slice(-500)}`).toBeUndefined();
		expect(figures.statuses).toBeGreaterThan(SECONDS / 10);
		expect(figures.leastFree).toBeGreaterThanOrEqual(LEAST_FREE);
		expect(figures.pongs).toBeGreaterThan(figures.pings / 4);
		expect(bench.complaints).toEqual([]);
	}, 86_400_000);
});

function tell(figures: Load["figures"]): string {
	const { leastFree, statuses, refused, pages, toBoard, fromBoard, connections, failed, pings, pongs, datagrams, leases, names } =
		figures;
	return (
		`${leastFree} bytes free at least; /status ${statuses}, refused ${refused}, pages ${pages}; ${(toBoard / 1e6).toFixed(1)} MB in, ${(fromBoard / 1e6).toFixed(1)} MB out; ` +
		`connections ${connections}, of which failed ${failed}; pings ${pongs} of ${pings}; datagrams ${datagrams}; leases ${leases}; names ${names}; ${JSON.stringify(figures.heap)}`
	);
}
