// NTP messages, RFC 5905 §7.3, as clients have them: 48 bytes from `at` on; what follows is not looked at.

/** Bytes of a message without extensions. */
export const BYTES = 48;
const STRATUM = 1;
const ROOT_DELAY = 4;
const ROOT_DISPERSION = 8;
const REFERENCE_ID = 12;
const ORIGIN = 24;
const RECEIVE = 32;
const TRANSMIT = 40;

export const PORT = 123;
export const VERSION = 4;
export const CLIENT = 3;
export const SERVER = 4;
/** Leap indicator of who does not know the time. */
export const UNSYNCHRONISED = 3;
/** From this stratum on, and at 0, there is no time in a message. */
export const NO_STRATUM = 16;

/** Seconds from 1900, where NTP counts from, to 1970; and of an era, the first of which ends in 2036. */
const TO_1970 = 2_208_988_800;
const ERA = 0x1_0000_0000;

export function leap(view: DataView, at: number): number {
	return view.getUint8(at) >> 6;
}

export function version(view: DataView, at: number): number {
	return (view.getUint8(at) >> 3) & 7;
}

export function mode(view: DataView, at: number): number {
	return view.getUint8(at) & 7;
}

export function stratum(view: DataView, at: number): number {
	return view.getUint8(at + STRATUM);
}

/** Of stratum 0, why there is no time: "RATE", "DENY" … RFC 5905 §7.4. What is no capital letter or digit is "?". */
export function kissCode(view: DataView, at: number): string {
	let code = "";
	for (let i = 0; i < 4; i++) {
		const octet = view.getUint8(at + REFERENCE_ID + i);
		const plain = (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x30 && octet <= 0x39);
		code += plain ? String.fromCharCode(octet) : "?";
	}
	return code;
}

/** How far the server's time may be off, ms: half its way to the clock that it has the time from, and what that adds. RFC 5905, appendix A.5.5.2. */
export function rootDistance(view: DataView, at: number): number {
	const delay = view.getUint32(at + ROOT_DELAY) / 0x10000;
	const dispersion = view.getUint32(at + ROOT_DISPERSION) / 0x10000;
	return (delay / 2 + dispersion) * 1000;
}

/** Milliseconds since 1970 of a timestamp; those without the first bit are of 2036 and later. RFC 4330 §3. */
function timeAt(view: DataView, at: number): number {
	const seconds = view.getUint32(at);
	return (seconds - TO_1970 + (seconds < 0x8000_0000 ? ERA : 0)) * 1000 + (view.getUint32(at + 4) * 1000) / ERA;
}

/** When the server had the question, and when it has answered: ms since 1970. */
export function received(view: DataView, at: number): number {
	return timeAt(view, at + RECEIVE);
}

export function transmitted(view: DataView, at: number): number {
	return timeAt(view, at + TRANSMIT);
}

/** Whether the server says neither when it has answered nor when it had the question. */
export function isTimeless(view: DataView, at: number): boolean {
	const none = (place: number): boolean => (view.getInt32(place) | view.getInt32(place + 4)) === 0;
	return none(at + RECEIVE) || none(at + TRANSMIT);
}

/** Writes a question. The server sends the two words back, so they need be no time, and no stranger can guess them. */
export function writeQuestion(view: DataView, at: number, high: number, low: number): void {
	for (let i = 0; i < BYTES; i += 4) view.setInt32(at + i, 0);
	view.setUint8(at, (VERSION << 3) | CLIENT);
	view.setInt32(at + TRANSMIT, high);
	view.setInt32(at + TRANSMIT + 4, low);
}

/** Whether bytes `at` to `end` are a server's answer to the question with these two words. RFC 5905 §8, RFC 4330 §5. */
export function answers(view: DataView, at: number, end: number, high: number, low: number): boolean {
	if (end - at < BYTES || mode(view, at) !== SERVER || version(view, at) < 3 || version(view, at) > VERSION) return false;
	return view.getInt32(at + ORIGIN) === high && view.getInt32(at + ORIGIN + 4) === low;
}
