// What a run has shown, as text.

import type { BoardChip } from "./chip.ts";
import type { Code } from "./code.ts";
import type { Machine } from "./machine.ts";

/** Functions that are shown. */
const MOST = 12;

function count(value: number): string {
	return Math.round(value).toLocaleString("en-US");
}

function percent(part: number, whole: number): string {
	return `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(1)} %`;
}

/** One chip: frames, payload and what went wrong. */
function chipLine(chip: BoardChip, seconds: number): string {
	const { framesIn, framesOut, payloadIn, payloadOut } = chip.traffic;
	const { overflowed, complaints } = chip.model.counts();
	const rate = (bytes: number) => `${((bytes * 8) / seconds / 1e6).toFixed(3)} Mbit/s`;
	return (
		`${chip.name.padEnd(6)}${chip.kind.padEnd(9)} in ${count(framesIn)} frames, payload ${rate(payloadIn)}; ` +
		`out ${count(framesOut)} frames, payload ${rate(payloadOut)}; SPI busy ${percent(chip.spi.busyNanos, seconds * 1e9)}; ` +
		`${count(overflowed)} frames found no room; ${count(complaints)} complaints\n`
	);
}

/** `hostSeconds`: how long it took. */
export function report(machine: Machine, chips: readonly BoardChip[], hostSeconds: number, code: Code | undefined): string {
	const { cpu, seconds } = machine;
	const worked = cpu.cycles * cpu.cycleNanos;
	let text =
		`\nemulated ${seconds.toFixed(3)} s in ${hostSeconds.toFixed(1)} s (${(seconds / hostSeconds).toFixed(2)} times real time); ` +
		`the processor worked ${percent(worked, seconds * 1e9)} of it: ${count(cpu.cycles)} cycles\n`;
	let frames = 0;
	for (const chip of chips) {
		text += chipLine(chip, seconds);
		frames += chip.traffic.framesIn + chip.traffic.framesOut;
	}
	if (frames > 0) text += `${count(cpu.cycles / frames)} cycles for each frame that came or left, all else included\n`;
	if (code === undefined) return text;
	const { groups, functions } = code.spent(cpu);
	for (const [group, cycles] of groups)
		text += `${group.padEnd(32)}${percent(cycles, cpu.cycles).padStart(7)}${frames > 0 ? `   ${count(cycles / frames).padStart(9)} cycles a frame` : ""}\n`;
	const most = [...functions].sort((a, b) => b[1] - a[1]).slice(0, MOST);
	text += `most: ${most.map(([name, cycles]) => `${name} ${percent(cycles, cpu.cycles)}`).join(", ")}\n`;
	return text;
}
