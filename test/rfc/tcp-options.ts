// TCP options of a script's packets and of those on the wire: bytes, text, comparison.

import { read16, read32, u16, u32 } from "../support/frames.ts";
import { cookieOf } from "./fast-open.ts";
import type { Flow } from "./flow.ts";
import type { Allowances } from "./allowances.ts";
import type { TcpOption } from "./script.ts";

const FAST_OPEN = 34;
const EXPERIMENT = 254;

/** The bytes of an inbound packet's options; `acknowledges`: it has ACK, so its timestamp echoes one of ours. */
export function optionBytes(options: readonly TcpOption[], flow: Flow, acknowledges: boolean): number[] {
	const bytes: number[] = [];
	const ours = flow.localOffset + flow.since.local;
	for (const option of options) {
		switch (option.kind) {
			case "nop":
				bytes.push(1);
				break;
			case "eol":
				bytes.push(0);
				break;
			case "sackOK":
				bytes.push(4, 2);
				break;
			case "mss":
				bytes.push(2, 4, ...u16(option.value));
				break;
			case "wscale":
				bytes.push(3, 3, option.value);
				break;
			case "TS":
				bytes.push(8, 10, ...u32(option.value), ...u32(acknowledges ? flow.stampFor(option.echo) : option.echo));
				break;
			case "sack":
				bytes.push(5, 2 + 8 * option.blocks.length);
				for (const [left, right] of option.blocks) bytes.push(...u32(left + ours), ...u32(right + ours));
				break;
			case "unknown": {
				const real = flow.cookies.get(cookieOf(option) ?? "");
				const data = real === undefined ? option.bytes : [...option.bytes.slice(0, -real.length), ...real];
				bytes.push(option.code, 2 + data.length, ...data);
				break;
			}
		}
	}
	return bytes;
}

/** Reads options as they stand on the wire, with the peer's sequence numbers turned into the script's. */
export function readOptions(bytes: Uint8Array, flow: Flow): TcpOption[] {
	const options: TcpOption[] = [];
	const theirs = flow.remoteOffset + flow.since.remote;
	for (let i = 0; i < bytes.length;) {
		const kind = bytes[i]!;
		if (kind < 2) {
			options.push({ kind: kind === 0 ? "eol" : "nop" });
			i++;
			continue;
		}
		const length = bytes[i + 1] ?? 0;
		if (length < 2 || i + length > bytes.length) {
			options.push({ kind: "unknown", code: kind, bytes: [...bytes.subarray(i)] });
			break;
		}
		const data = bytes.subarray(i + 2, i + length);
		if (kind === 2 && length === 4) options.push({ kind: "mss", value: read16(data, 0) });
		else if (kind === 3 && length === 3) options.push({ kind: "wscale", value: data[0]! });
		else if (kind === 4 && length === 2) options.push({ kind: "sackOK" });
		else if (kind === 8 && length === 10) options.push({ kind: "TS", value: read32(data, 0) >>> 0, echo: read32(data, 4) >>> 0 });
		else if (kind === 5 && length % 8 === 2) {
			const blocks: [number, number][] = [];
			for (let at = 0; at < data.length; at += 8)
				blocks.push([(read32(data, at) - theirs) >>> 0, (read32(data, at + 4) - theirs) >>> 0]);
			options.push({ kind: "sack", blocks });
		} else options.push({ kind: "unknown", code: kind, bytes: [...data] });
		i += length;
	}
	return options;
}

function optionText(option: TcpOption): string {
	switch (option.kind) {
		case "mss":
		case "wscale":
			return `${option.kind} ${option.value}`;
		case "TS":
			return `TS val ${option.value} ecr ${option.echo}`;
		case "sack":
			return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(" ")}`;
		case "unknown": {
			const fast = option.code === FAST_OPEN ? "FO" : option.code === EXPERIMENT && option.bytes[0] === 0xf9 ? "FOEXP" : "";
			const data = option.bytes.slice(fast === "FOEXP" ? 2 : 0);
			const hex = data.map((byte) => byte.toString(16).padStart(2, "0")).join("");
			return `${fast || `option ${option.code}`} ${hex}`.trimEnd();
		}
		default:
			return option.kind;
	}
}

/** As scripts write them. */
export function optionsText(options: readonly TcpOption[]): string {
	return options.map(optionText).join(",");
}

export interface OptionRules {
	readonly allow: Allowances;
	/** Timestamps of SYNs with ACK may carry a cookie in their lowest bits: they do not tell the clock. */
	readonly cookies: boolean;
	/** Milliseconds that a timestamp may be off, as packetdrill's --tcp_ts_tick_usecs has it; -1: what ours say is not looked at, but they are learnt. */
	readonly stampTolerance: number;
}

/** Learns what the script's timestamps and cookies stand for, and answers the real options as the script would write them. */
function inScriptTerms(
	expected: readonly TcpOption[],
	actual: readonly TcpOption[],
	flow: Flow,
	rules: OptionRules,
	opaque: boolean,
): TcpOption[] {
	return actual.map((option) => {
		const script = expected.find(
			(one) => one.kind === option.kind && (one.kind !== "unknown" || one.code === (option as typeof one).code),
		);
		if (option.kind === "TS" && script?.kind === "TS") {
			flow.stamps.set(script.value, option.value);
			if (opaque) return { ...option, value: script.value };
			flow.stampOffset ??= option.value - script.value;
			const value = (option.value - flow.stampOffset) >>> 0;
			const near = rules.stampTolerance < 0 || Math.abs((value - script.value) | 0) <= rules.stampTolerance;
			return { ...option, value: near ? script.value : value };
		}
		if (option.kind === "wscale" && script?.kind === "wscale") {
			flow.scales.real = option.value;
			flow.scales.script = script.value;
			if (rules.allow.has("scale")) return script;
		}
		if (option.kind === "unknown" && script?.kind === "unknown" && rules.allow.has("cookie")) {
			const [written, given] = [cookieOf(script), cookieOf(option)];
			if (written !== undefined && given !== undefined && written !== "" && written.length === given.length) {
				flow.cookies.set(written, option.bytes.slice(-written.length / 2));
				return script;
			}
		}
		return option;
	});
}

/** What is wrong with the options of a packet that was sent, "" when they are the script's. `opaque`: its timestamp says nothing of the clock. */
export function compareOptions(
	expected: readonly TcpOption[],
	actual: readonly TcpOption[],
	flow: Flow,
	rules: OptionRules,
	opaque = false,
): string {
	const mapped = inScriptTerms(expected, actual, flow, rules, opaque);
	const [wanted, got] = [optionsText(expected), optionsText(mapped)];
	if (wanted === got) return "";
	if (rules.allow.has("order")) {
		const sorted = (options: readonly TcpOption[]) =>
			options
				.filter(({ kind }) => kind !== "nop" && kind !== "eol")
				.map(optionText)
				.sort()
				.join();
		if (sorted(expected) === sorted(mapped)) return "";
	}
	return `bad outbound TCP options: expected <${wanted}>, got <${got}>`;
}
