// Runs published scripts and says of each how it went: to the letter, with what an RFC allows, not at all, or that it asks for what is not here.

import { ALLOWANCES, type Allowance } from "./allowances.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import { parseScript, type Presets } from "./parser.ts";
import { Runner } from "./runner.ts";
import type { Missing } from "./without.ts";

export type Verdict =
	| { readonly kind: "letter" }
	| { readonly kind: "allowed"; readonly needs: readonly Allowance[]; readonly message: string }
	| { readonly kind: "differs"; readonly message: string }
	| { readonly kind: "unsupported"; readonly feature: string; readonly message: string };

export interface SuiteOptions extends Presets {
	readonly without?: Missing | undefined;
}

/** In the order in which they are tried: what says least of a peer first. */
const ORDER = Object.keys(ALLOWANCES) as Allowance[];

/** Runs one script. Errors of the interpreter itself come through. */
export function judge(name: string, source: string, options: SuiteOptions = {}): Verdict {
	const attempt = (allow: readonly Allowance[]): ScriptError | undefined => {
		try {
			const script = parseScript(name, source, options);
			new Runner(script, { allow: new Set(allow), published: true, without: options.without }).run();
			return undefined;
		} catch (error) {
			if (error instanceof ScriptError) return error;
			throw error;
		}
	};
	const error = attempt([]);
	if (!error) return { kind: "letter" };
	if (error instanceof Unsupported) return { kind: "unsupported", feature: error.feature, message: error.message };
	// All that may be allowed; then what of it is not needed is taken away, from the end on.
	let needs = ORDER;
	const last = attempt(needs);
	if (last instanceof Unsupported) return { kind: "unsupported", feature: last.feature, message: last.message };
	if (last) return { kind: "differs", message: last.message };
	for (const one of [...ORDER].reverse()) {
		const fewer = needs.filter((each) => each !== one);
		if (!attempt(fewer)) needs = fewer;
	}
	return { kind: "allowed", needs, message: error.message };
}

/** The message without its numbers and its place, so that the like of it count as one. */
export function kindOfMessage(message: string): string {
	return message
		.split("\n")[0]!
		.replace(/^[^:]*:(\d+:)? /, "")
		.replace(/\d+/g, "N");
}

export interface Tally {
	readonly letter: number;
	readonly allowed: number;
	readonly differs: number;
	readonly unsupported: number;
	/** Reasons of those that are not to the letter, the most frequent first. */
	readonly reasons: readonly (readonly [string, number])[];
}

/** One reason of a verdict, "" to the letter. */
export function reasonOf(verdict: Verdict): string {
	if (verdict.kind === "letter") return "";
	if (verdict.kind === "unsupported") return `not supported: ${verdict.feature}`;
	if (verdict.kind === "differs") return `differs: ${kindOfMessage(verdict.message)}`;
	return `allowed: ${verdict.needs.map((need) => `${need} (${ALLOWANCES[need].rfc})`).join(", ")}`;
}

export function tally(verdicts: readonly Verdict[]): Tally {
	const reasons = new Map<string, number>();
	for (const verdict of verdicts) {
		const reason = reasonOf(verdict);
		if (reason !== "") reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
	}
	const count = (kind: Verdict["kind"]) => verdicts.filter((verdict) => verdict.kind === kind).length;
	return {
		letter: count("letter"),
		allowed: count("allowed"),
		differs: count("differs"),
		unsupported: count("unsupported"),
		reasons: [...reasons].sort((a, b) => b[1] - a[1]),
	};
}
