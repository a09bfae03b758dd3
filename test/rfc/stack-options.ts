// A script's settings as options of the stack.

import { MOST_BUFFER, type StackOptions } from "../../src/config.ts";
import { setting } from "./bench.ts";
import { optionValue, words } from "./descriptors.ts";
import type { Script } from "./script.ts";
import { settingsOf } from "./shell.ts";

/** Bytes that sockets have when a script does not say: what goes without window scaling. */
const PLAIN = 65_535;
/** For what published scripts write at once. */
const AMPLE = 1 << 20;

/** FreeBSD's sockets have room for a whole number of full segments, which scripts of its suite count on, or name when they ask for it. */
function roundedUp(bytes: number, script: Script): number {
	let most = 0;
	for (const { action } of script.events) {
		if (action.type !== "call" || action.name !== "getsockopt" || !words(action.items[2]).includes("SO_RCVBUF")) continue;
		most = Math.max(most, optionValue(action.items[3]));
	}
	if (most > bytes) return most;
	const headers = setting(script.options, "ip_version") === "ipv6" ? 60 : 40;
	const mss = Number(setting(script.options, "mtu")) - headers;
	return Math.ceil(bytes / mss) * mss;
}

/** `ceiling`: sockets may receive as much as the script's largest buffer, not as its usual one; our shift count comes from that, as other systems' does from theirs. */
export function stackOptions(script: Script, published: boolean, ceiling: boolean): StackOptions {
	const settings = settingsOf(script);
	const {
		windowScaling = true,
		sack = true,
		timestamps = true,
		receiveSpace,
		receiveBuffer = PLAIN,
		sendBuffer = published ? AMPLE : PLAIN,
	} = settings;
	const usual = receiveSpace === undefined ? receiveBuffer : roundedUp(receiveSpace, script);
	const room = ceiling ? (settings.receiveCeiling ?? usual) : usual;
	return {
		sockets: {
			tcp: ceiling ? 6 : 12,
			udp: 4,
			icmp: 1,
			receiveBuffer: Math.min(MOST_BUFFER, room),
			sendBuffer: Math.min(MOST_BUFFER, sendBuffer),
		},
		tcp: {
			windowScale: windowScaling,
			sack,
			timestamps,
			fastOpen: settings.fastOpen !== undefined,
			ecn: settings.ecn === undefined ? "answer" : (["off", "ask", "answer"] as const)[settings.ecn],
			// As the system has it that the script was written for. Scripts of our own say what they mean by TCP_QUICKACK.
			quickAcks: settings.linux ?? false,
			congestion: /reno/.test(settings.congestion ?? "") ? "newreno" : "cubic",
		},
		packets: 32,
	};
}
