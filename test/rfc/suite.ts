// Runs published scripts and says of each how it went: to the letter, with what an RFC allows, not at all, or that it asks for what is not here.

import { ALLOWANCES, type Allowance } from "./allowances.ts";
import { ScriptError, Unsupported } from "./lexer.ts";
import { parseScript, type Presets } from "./parser.ts";
import { Runner } from "./runner.ts";
import type { Script } from "./script.ts";
import { settingsOf } from "./shell.ts";
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

type Attempt = (allow: readonly Allowance[]) => ScriptError | undefined;

/** What of all that may be allowed the script needs: what it does not is taken away, from the end on. undefined: that is not enough. */
function needsOf(attempt: Attempt): readonly Allowance[] | undefined {
	let needs = ORDER;
	if (attempt(needs)) return undefined;
	for (const one of [...ORDER].reverse()) {
		const fewer = needs.filter((each) => each !== one);
		if (!attempt(fewer)) needs = fewer;
	}
	return needs;
}

/** Runs one script. Errors of the interpreter itself come through. */
export function judge(name: string, source: string, options: SuiteOptions = {}): Verdict {
	let script: Script;
	try {
		script = parseScript(name, source, options);
	} catch (error) {
		if (!(error instanceof ScriptError)) throw error;
		const feature = error instanceof Unsupported ? error.feature : "a line that is not of the language";
		return { kind: "unsupported", feature, message: error.message };
	}
	const attempt = (ceiling: boolean, allow: readonly Allowance[]): ScriptError | undefined => {
		try {
			new Runner(script, { allow: new Set(allow), published: true, without: options.without, ceiling }).run();
			return undefined;
		} catch (error) {
			if (error instanceof ScriptError) return error;
			throw error;
		}
	};
	const unsupported = (error: ScriptError | undefined) =>
		error instanceof Unsupported && { kind: "unsupported" as const, feature: error.feature, message: error.message };
	const error = attempt(false, []);
	if (!error) return { kind: "letter" };
	const plain = unsupported(error);
	if (plain) return plain;
	// Two numbers of other systems, the size of a buffer and what it may grow to, are one here: the script may mean either.
	const other = attempt(true, []);
	if (!other) return { kind: "letter" };
	const all = attempt(false, ORDER);
	const late = unsupported(other) || unsupported(all);
	if (late) return late;
	const found = [false, true]
		.map((ceiling) => needsOf((allow) => attempt(ceiling, allow)))
		.filter((needs) => needs !== undefined)
		.sort((a, b) => a.length - b.length)[0];
	if (found) return { kind: "allowed", needs: found, message: error.message };
	const { message } = all ?? error;
	const [lacking] = settingsOf(script).lacking;
	return lacking === undefined ? { kind: "differs", message } : { kind: "unsupported", feature: lacking, message };
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
