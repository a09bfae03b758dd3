// TCP Fast Open in scripts: what systems take of calls, and cookies that scripts know by other systems' keys.

import { FAST_OPEN_COOKIES } from "../../src/config.ts";
import { given, givenSource } from "../../src/address.ts";
import { sameAddress } from "../../src/packet/address.ts";
import { cookieAt, FastOpenCookie, fastOpens } from "../../src/packet/fast-open-block.ts";
import type { Stack } from "../../src/stack.ts";
import { cookieWord, periodNow } from "../../src/transport/tcp/fast-open.ts";
import { u32 } from "../support/frames.ts";
import type { TcpOption } from "./script.ts";

/** Bits of Linux's net.ipv4.tcp_fastopen: clients, servers, data without a cookie both ways, all listeners. */
export const CLIENT = 1;
export const SERVER = 2;
export const BARE_CLIENT = 4;
export const BARE_SERVER = 0x200;
export const ALL_LISTENERS = 0x400;
/** What `defaults.sh` beside Google's scripts sets. */
export const LINUX_DEFAULT = 0x70403;
/** The cookie that Google's scripts have by the key of that file. */
const LINUX_COOKIE = "3021b9d889017eeb";

/** Room for options that Linux leaves in a SYN with data. */
const OPTIONS = 40;

/** The cookie of a Fast Open option as hexadecimal digits, "" for a request; undefined for another option. */
export function cookieOf(option: TcpOption): string | undefined {
	if (option.kind !== "unknown") return undefined;
	const old = option.code === 254 && option.bytes[0] === 0xf9 && option.bytes[1] === 0x89;
	if (option.code !== 34 && !old) return undefined;
	return option.bytes
		.slice(old ? 2 : 0)
		.map((byte) => byte.toString(16).padStart(2, "0"))
		.join("");
}

/** Real cookies by those of the script, as far as they are known before anything is sent. */
export function knownCookies(stack: Stack, local: string, remote: string): Map<string, number[]> {
	const { view } = stack.core;
	if (!fastOpens(view)) return new Map();
	const [ours, theirs] = [givenSource(view, local), given(view, remote)];
	const words = [0, 1].map((half) => cookieWord(view, ours, theirs, periodNow(view), half));
	return new Map([[LINUX_COOKIE, words.flatMap((word) => u32(word))]]);
}

/** What is kept of a server. */
function kept(stack: Stack, remote: string): FastOpenCookie | undefined {
	const { view } = stack.core;
	if (!fastOpens(view)) return undefined;
	const server = given(view, remote);
	const all = Array.from({ length: FAST_OPEN_COOKIES }, (_, place) => FastOpenCookie.of(view, cookieAt(view, place)));
	return all.find((one) => sameAddress(view, one.server, server));
}

/** Bytes of data that go with a SYN to that address, -1 when there is no cookie for it. */
export function spaceFor(stack: Stack, remote: string, mtu: number): number {
	const cookie = kept(stack, remote);
	if (cookie === undefined || cookie.length === 0 || cookie.paused !== 0) return -1;
	const headers = remote.includes(":") ? 60 : 40;
	return Math.min(cookie.mss === 0 ? 536 : cookie.mss, mtu - headers) - OPTIONS;
}

/** As Linux's `ip tcp_metrics flush all`. */
export function forgetCookies(stack: Stack): void {
	const { view } = stack.core;
	if (!fastOpens(view)) return;
	new Uint8Array(view.buffer, cookieAt(view, 0), FAST_OPEN_COOKIES * FastOpenCookie.bytes).fill(0);
}
