// `%{ assert tcpi_snd_cwnd == 10 }%`: the names that code of published scripts knows, and what asks for those that this stack has no number for.

import { ScriptError, Unsupported } from "./lexer.ts";
import { runPython } from "./python.ts";

/** TCP_INFO, by the names that Linux gives its fields. */
export type Info = Readonly<Record<string, number>>;

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
/** Linux's own spellings. */
const SPELLINGS: Readonly<Record<string, string>> = {
	SYN_RECV: "SYN_RECEIVED",
	FIN_WAIT1: "FIN_WAIT_1",
	FIN_WAIT2: "FIN_WAIT_2",
	CLOSE: "CLOSED",
};

/** Bits of `tcpi_options`, and the states of congestion control in `tcpi_ca_state`. */
const CONSTANTS: Readonly<Record<string, number>> = {
	TCPI_OPT_TIMESTAMPS: 1,
	TCPI_OPT_SACK: 2,
	TCPI_OPT_WSCALE: 4,
	TCPI_OPT_ECN: 8,
	TCPI_OPT_ECN_SEEN: 16,
	TCPI_OPT_SYN_DATA: 32,
	TCP_CA_Open: 0,
	TCP_CA_Disorder: 1,
	TCP_CA_CWR: 2,
	TCP_CA_Recovery: 3,
	TCP_CA_Loss: 4,
	TCP_INFINITE_SSTHRESH: 0x7fffffff,
};

function constant(name: string): number | undefined {
	const short = name.replace(/^(TCPI|TCP)_/, "");
	const state = short === name ? -1 : STATES.indexOf(SPELLINGS[short] ?? short);
	return state >= 0 ? state + 1 : CONSTANTS[name];
}

/** The names that code has assigned values to, for a whole script. */
export class Code {
	readonly #variables = new Map<string, number>();

	/** Checks every assertion. Throws ScriptError for one that does not hold, Unsupported for what is not known. */
	check(text: string, info: Info | undefined): void {
		runPython(text, this.#variables, (name) => {
			const known = constant(name);
			if (known !== undefined || !name.startsWith("tcpi_")) return known;
			if (!info) throw new ScriptError("assert: there is no connection to ask");
			if (info[name] === undefined) throw new Unsupported(`${name} in code`, name);
			return info[name];
		});
	}
}
