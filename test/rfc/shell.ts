// Shell lines of scripts: settings of the system that was tested with them, which become options of this stack where it has them, and questions that
// its sockets can answer.

import { MOST_BUFFER } from "../../src/config.ts";
import { CLIENT, LINUX_DEFAULT, SERVER } from "./fast-open.ts";
import { Unsupported } from "./lexer.ts";
import type { Script } from "./script.ts";

/** What a script sets up, in terms of this stack; what it says nothing of is as the stack has it. */
export interface Settings {
	receiveBuffer?: number;
	/** The same, as FreeBSD has it. */
	receiveSpace?: number;
	/** What it may grow to, from which those systems derive their shift count. */
	receiveCeiling?: number;
	sendBuffer?: number;
	timestamps?: boolean;
	windowScaling?: boolean;
	sack?: boolean;
	/** 0: off, 1: asked for, 2: agreed to when the peer asks. */
	ecn?: number;
	/** "reno" or "cubic". */
	congestion?: string;
	/** Milliseconds. */
	initialRto?: number;
	restartAfterIdle?: boolean;
	fastOpen?: number;
	/** It was written for Linux. */
	linux?: boolean;
	/** Sysctls, as `name=value`, that this stack has nothing for. */
	readonly lacking: string[];
}

/** What a sysctl of FreeBSD or Linux is here. Those that are not here change nothing that a peer sees, or what this stack has fixed. */
const SYSCTLS: Readonly<Record<string, (settings: Settings, value: string) => void>> = {
	"net.inet.tcp.recvspace": (settings, value) => (settings.receiveSpace = Number(value)),
	"kern.ipc.maxsockbuf": (settings, value) => (settings.receiveCeiling = Number(value)),
	"net.inet.tcp.sendspace": (settings, value) => (settings.sendBuffer = Number(value)),
	"net.inet.tcp.rfc1323": (settings, value) => (settings.timestamps = settings.windowScaling = value !== "0"),
	"net.inet.tcp.sack.enable": (settings, value) => (settings.sack = value !== "0"),
	"net.inet.tcp.ecn.enable": (settings, value) => (settings.ecn = Number(value)),
	"net.inet.tcp.rexmit_initial": (settings, value) => (settings.initialRto = Number(value)),
	"net.inet.tcp.fastopen.client_enable": (settings, value) => (settings.fastOpen = Number(value)),
	"net.ipv4.tcp_rmem": (settings, value) => {
		settings.receiveBuffer = middle(value);
		settings.receiveCeiling = sizeOf(value.split(/\s+/)[2] ?? String(settings.receiveBuffer));
	},
	"net.ipv4.tcp_wmem": (settings, value) => (settings.sendBuffer = middle(value)),
	"net.ipv4.tcp_timestamps": (settings, value) => (settings.timestamps = value !== "0"),
	"net.ipv4.tcp_window_scaling": (settings, value) => (settings.windowScaling = value !== "0"),
	"net.ipv4.tcp_sack": (settings, value) => (settings.sack = value !== "0"),
	"net.ipv4.tcp_ecn": (settings, value) => (settings.ecn = Number(value)),
	"net.ipv4.tcp_congestion_control": (settings, value) => (settings.congestion = value),
	"net.ipv4.tcp_slow_start_after_idle": (settings, value) => (settings.restartAfterIdle = value !== "0"),
	"net.ipv4.tcp_fastopen": (settings, value) => (settings.fastOpen = Number(value)),
	"net.inet.tcp.fastopen.server_enable": (settings, value) => (settings.fastOpen = value === "0" ? 0 : SERVER),
};

/** Settings that ask for what this stack does not do: above all RFC 5961 switched off. With any other value they change nothing here. */
const LACKING: Readonly<Record<string, RegExp>> = {
	"net.inet.tcp.insecure_rst": /^[^0]/,
	"net.inet.tcp.insecure_syn": /^[^0]/,
	"net.inet.tcp.drop_synfin": /^[^0]/,
	"net.inet.tcp.blackhole": /^[^0]/,
	"net.inet.tcp.syncookies_only": /^[^0]/,
	"net.inet.tcp.rexmit_drop_options": /^[^0]/,
	"net.inet.tcp.icmp_may_rst": /^[^1]/,
	"net.inet.tcp.pmtud_blackhole_detection": /^[^0]/,
	"net.ipv4.tcp_invalid_ratelimit": /^0/,
	"net.ipv4.tcp_rto_max_ms": /./,
};

/** Linux names the least, the usual and the largest size. */
function middle(value: string): number {
	return sizeOf(value.split(/\s+/)[1] ?? value);
}

/** Bytes, of which a shell may have to make a product: `$((32*1024*1024))`. No buffer here is larger than 16 MiB. */
function sizeOf(text: string): number {
	const factors = text.replace(/^\$\(\(|\)\)$/g, "").split("*");
	return Math.min(
		factors.map(Number).reduce((product, factor) => product * factor, 1),
		MOST_BUFFER,
	);
}

/** Shell lines that change nothing here. */
const IGNORED = [
	/^(\.\/|\.\.\/)*(\w+\/)*(defaults|set_sysctls)\.(sh|py)\b[^;&|]*$/,
	/^(sudo )?sysctl\b[^;&|]*$/,
	/^(\/proc\/sys\/|net\.)[^;&|]*$/,
	/^(ip( -6)? (tcp_metrics|route)|tc|ethtool|nstat|kldload|echo|setkey|sleep 0|rm -f|\/bin\/rm -f|\/tmp\/sysctl_restore_)\b[^;&]*$/,
	/^\/tmp\/sysctl_restore_[^;&]*$/,
];

/** The single commands of a shell line. */
export function commandsOf(text: string): string[] {
	return text
		.replace(/\\\n/g, " ")
		.split(/\n|;|&&/)
		.map((part) => part.replace(/\\$/, "").trim())
		.filter((part) => part !== "" && !part.startsWith("#"));
}

/** What `defaults.sh` beside Google's and Linux's scripts sets. */
const LINUX_CEILING = 15 << 20;
/** Beside Linux's own it stands in the folder itself, and lets clients and servers have Fast Open that ask for it. */
const KERNEL_DEFAULTS = /^\.\/defaults\.sh/;

/** The settings that shell lines ask for before the first event that is none. */
export function settingsOf(script: Script): Settings {
	const settings: Settings = { lacking: [] };
	const texts = [...script.commands];
	for (const { action } of script.events) {
		if (action.type !== "command") break;
		texts.push(action.text);
	}
	for (const text of texts) {
		for (const command of commandsOf(text)) {
			if (/defaults\.sh/.test(command)) {
				settings.receiveCeiling = LINUX_CEILING;
				settings.linux = true;
				settings.fastOpen = KERNEL_DEFAULTS.test(command) ? CLIENT | SERVER : LINUX_DEFAULT;
			}
			if (!/sysctl|\/proc\/sys|^net\./.test(command)) continue;
			for (const match of command.matchAll(/([\w/.]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/g)) {
				const name = match[1]!.replace(/^\/proc\/sys\//, "").replace(/\//g, ".");
				const value = (match[2] ?? match[3] ?? match[4])!;
				SYSCTLS[name]?.(settings, value);
				if (LACKING[name]?.test(value)) settings.lacking.push(`${name}=${value}`);
			}
		}
	}
	return settings;
}

/** What a command is to the runner: time that passes, or sockets that are counted. */
export type Command =
	| { readonly kind: "nothing" }
	| { readonly kind: "sleep"; readonly ms: number }
	| { readonly kind: "count"; readonly state: string; readonly expected: number }
	| { readonly kind: "drop"; readonly state: string }
	/** Who may use Fast Open, by Linux's bits, and that its cookies are forgotten. */
	| { readonly kind: "fastOpen"; readonly bits: number }
	| { readonly kind: "forget" }
	/** Timestamps are offered from now on, or no longer. */
	| { readonly kind: "timestamps"; readonly on: boolean };

export function readCommand(text: string): Command {
	const sleep = /^sleep ([\d.]+)$/.exec(text);
	if (sleep) return { kind: "sleep", ms: Number(sleep[1]) * 1000 };
	const count = /^sockstat\b.*\| grep -c (\w+) \| grep (\d+)$/.exec(text);
	if (count) return { kind: "count", state: count[1]!, expected: Number(count[2]) };
	const drop = /^tcpdrop -s (\w+)$/.exec(text);
	if (drop) return { kind: "drop", state: drop[1]! };
	if (/^ip tcp_metrics flush|tcp_fastopen_cookies=0/.test(text)) return { kind: "forget" };
	const stamps = /^sysctl .*tcp_timestamps=(\d)/.exec(text);
	if (stamps) return { kind: "timestamps", on: stamps[1] !== "0" };
	const fast = /tcp_fastopen\s*=\s*(\w+)/.exec(text);
	if (fast) return { kind: "fastOpen", bits: Number(fast[1]) };
	if (IGNORED.some((pattern) => pattern.test(text))) return { kind: "nothing" };
	throw new Unsupported(`shell command "${text}"`, `shell command ${text.split(" ")[0]}`);
}

/** The stack's names of states by sockstat's. */
export const SOCKSTAT_STATES: Readonly<Record<string, string>> = {
	CLOSED: "closed",
	LISTEN: "listen",
	SYN_SENT: "synSent",
	SYN_RCVD: "synReceived",
	ESTABLISHED: "established",
	FIN_WAIT_1: "finWait1",
	FIN_WAIT_2: "finWait2",
	CLOSE_WAIT: "closeWait",
	CLOSING: "closing",
	LAST_ACK: "lastAck",
	TIME_WAIT: "timeWait",
};
