// States of connections and listeners, and why connections end: numbers in the arena, names for people.

/** RFC 9293 §3.3.2. The order matters: below ESTABLISHED nothing has been agreed upon. */
export const CLOSED = 0;
export const LISTEN = 1;
export const SYN_SENT = 2;
export const SYN_RECEIVED = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 5;
export const FIN_WAIT_2 = 6;
export const CLOSE_WAIT = 7;
export const CLOSING = 8;
export const LAST_ACK = 9;
export const TIME_WAIT = 10;

export const STATE_NAMES = Object.freeze([
	"closed",
	"listen",
	"synSent",
	"synReceived",
	"established",
	"finWait1",
	"finWait2",
	"closeWait",
	"closing",
	"lastAck",
	"timeWait",
] as const);

/** Why a connection ended; "" when it did not, or ended in good order. */
export type TcpError = "" | "reset" | "timeout" | "refused" | "unreachable" | "slow";
export const ERROR_NAMES: readonly TcpError[] = Object.freeze(["", "reset", "timeout", "refused", "unreachable", "slow"]);
export const NO_ERROR = 0;
export const RESET = 1;
export const TIMEOUT = 2;
export const REFUSED = 3;
export const UNREACHABLE = 4;
export const SLOW = 5;
