// Registers that a disturbed transfer has overwritten, one after the other, with anything: the driver finds out within three seconds and mends
// it, or it does not matter. Random bit errors (faults.test.ts) come to most of them too rarely to tell.

import { afterEach, describe, expect, it } from "vitest";
import * as chips from "host/chips";
import { envNumber } from "../support/env.ts";
import { Ledger } from "./support/ledger.ts";
import { closeRigs, type Kind, KINDS, Rig, type RigOptions } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261203);

const RECOVERY_MS = 3000;
/** The drivers look at the link so often, ms. */
const LINK_MS = 600;

afterEach(closeRigs);

const WIRINGS: [string, RigOptions][] = [
	["wired with every pin", {}],
	["without interrupt and reset pin", { interrupt: false, reset: false }],
];

/** Which have registers: banks, or the W5500's blocks (§2.2.2), and how many addresses of them. */
const REGISTERS: Readonly<Record<Kind, readonly (readonly [what: string, bank: number, addresses: number])[]>> = {
	w5500: [
		["common register", 0, 0x3a],
		["register of socket 0", 1, 0x30],
		["register of socket 1", 5, 0x30],
		["register of socket 7", 29, 0x30],
	],
	enc28j60: [
		["register of bank 0, or common one,", 0, 0x20],
		["register of bank 1", 1, 0x1b],
		["register of bank 2", 2, 0x1b],
		["register of bank 3", 3, 0x1b],
	],
};

/** MII registers, all in bank 2 (ENC28J60 datasheet, table 3-1); writing the high byte of MIWR writes the PHY's register (§3.3.2). */
const MII_BANK = 2;
const MIREGADR = 0x14;
const MIWR = 0x16;
/** Registers of the PHY that can be written. */
const PHY = { PHCON1: 0x00, PHCON2: 0x10, PHIE: 0x12, PHLCON: 0x14 };

describe.each(KINDS.flatMap((kind) => WIRINGS.map(([name, wiring]) => [kind, name, wiring] as const)))(
	`%s %s, SEED=${SEED}`,
	(kind, _name, wiring) => {
		/** A chip that something happens to, in traffic, and that has to be as before some time later, in every respect. */
		function expectMended(traffic: Traffic, label: string, overwrite: (rig: Rig) => void): void {
			const { random } = traffic;
			const rig = new Rig(kind, { lineRate: 10_000_000, ...wiring });
			const ledger = new Ledger(rig, traffic, label);
			exchange(rig, traffic, 3, label, undefined, ledger.note); // ECON1.TXRTS alone sends the last one again
			overwrite(rig);
			for (let i = 0; i < 30; i++) {
				if (random.chance(0.3)) ledger.arrives();
				if (random.chance(0.3)) ledger.sends();
				rig.step();
				ledger.receive();
				ledger.listen();
			}
			rig.steps(RECOVERY_MS);
			ledger.settle();
			expect(rig.device.linkUp, `${label}: link`).toBe(true);
			exchange(rig, traffic, 5, label);
			for (const up of [false, true]) {
				chips.cable(rig.chip, up);
				rig.steps(LINK_MS);
				expect(rig.device.linkUp, `${label}: cable ${up ? "in" : "out"}`).toBe(up);
			}
			exchange(rig, traffic, 5, label);
			rig.expectNoComplaint(label);
			rig.close();
		}

		const valuesOf = ({ random }: Traffic) => [0, 0xff, 1 << random.below(8), random.below(256)];

		it.each(REGISTERS[kind])("works as before after any %s was overwritten with anything", (_what, bank, addresses) => {
			const traffic = new Traffic(SEED ^ bank);
			for (let address = 0; address < addresses; address++) {
				for (const value of valuesOf(traffic)) {
					const label = `bank ${bank}, address 0x${address.toString(16)}, value 0x${value.toString(16)}, SEED=${SEED}`;
					expectMended(traffic, label, (rig) => rig.fault(chips.OVERWRITTEN, (bank << 24) | (address << 8) | value));
				}
			}
		});

		if (kind === "enc28j60") {
			it("works as before after any register of the PHY was overwritten with anything", () => {
				const traffic = new Traffic(SEED ^ 4);
				for (const [name, register] of Object.entries(PHY)) {
					for (let bit = 0; bit < 18; bit++) {
						const value = bit < 16 ? 1 << bit : traffic.random.below(65536);
						expectMended(traffic, `${name}, value 0x${value.toString(16)}, SEED=${SEED}`, (rig) => {
							for (const [address, byte] of [
								[MIREGADR, register],
								[MIWR, value & 255],
								[MIWR + 1, value >> 8],
							] as const)
								rig.fault(chips.OVERWRITTEN, (MII_BANK << 24) | (address << 8) | byte);
						});
					}
				}
			});
		}
	},
);
