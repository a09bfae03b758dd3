// `%{ assert tcpi_snd_cwnd == 10 }%`: the little Python of published scripts, as far as comparisons of TCP_INFO's numbers go.

import { ScriptError } from "./lexer.ts";

/** TCP_INFO, by the names that Linux gives its fields. */
export type Info = Readonly<Record<string, number>>;

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
	"==": (a, b) => a === b,
	"!=": (a, b) => a !== b,
	"<=": (a, b) => a <= b,
	">=": (a, b) => a >= b,
	"<": (a, b) => a < b,
	">": (a, b) => a > b,
};

/** Names of TCP's states in the order of Linux's numbers, which `Info.tcpi_state` keeps to, from 1 on. */
const STATES = [
	"ESTABLISHED",
	"SYN_SENT",
	"SYN_RECEIVED",
	"FIN_WAIT_1",
	"FIN_WAIT_2",
	"TIME_WAIT",
	"CLOSED",
	"CLOSE_WAIT",
	"LAST_ACK",
	"LISTEN",
	"CLOSING",
];

/** Checks every assertion. Throws ScriptError for one that does not hold, or that is more than comparisons of known numbers. */
export function checkCode(text: string, info: Info | undefined): void {
	for (const line of text.split("\n")) {
		const assertion = line.replace(/#.*$/, "").trim();
		if (assertion === "" || /^print\b/.test(assertion)) continue;
		const match = /^assert\s+([^,]+?)\s*(,.*)?$/.exec(assertion);
		if (!match) throw new ScriptError(`code "${assertion}" is not supported`);
		const parts = match[1]!.split(/\s*(==|!=|<=|>=|<|>)\s*/);
		if (parts.length < 3) throw new ScriptError(`code "${assertion}": expected a comparison`);
		for (let i = 0; i + 2 < parts.length; i += 2) {
			const [left, operator, right] = [value(parts[i]!, info), parts[i + 1]!, value(parts[i + 2]!, info)];
			if (!COMPARISONS[operator]!(left, right))
				throw new ScriptError(`assert ${parts[i]} ${operator} ${parts[i + 2]}: ${left} and ${right}`);
		}
	}
}

function value(text: string, info: Info | undefined): number {
	if (/^\d+$/.test(text)) return Number(text);
	const state = STATES.indexOf(text.replace(/^(TCPI|TCP)_/, ""));
	if (state >= 0) return state + 1;
	if (!info) throw new ScriptError("assert: there is no connection to ask");
	const found = info[text];
	if (found === undefined) throw new ScriptError(`${text} is not supported in code`);
	return found;
}
