// A serial line as links see it: bytes, or frames in one of two framings. Drivers in C frame and unframe whole bursts between the
// UART's rings and the arena; `SerialLine` (serial-line.ts) does the same in TypeScript over any source and sink of bytes.

import type { DeviceHost } from "./device.ts";

/** Framings. */
/** Bytes as they come: dial scripts. */
export const RAW = 0;
/** RFC 1055: IP packets between END characters. */
export const SLIP = 1;
/** RFC 1662 §4: PPP in HDLC-like framing, octet-stuffed, FCS-16. */
export const HDLC = 2;

/** What is left out of HDLC frames that are sent, or-ed together; what comes is taken either way. Frames of LCP always have both (RFC 1661 §6.5, 6.6). */
/** Address and control field, RFC 1661 §6.6. */
export const COMPRESS_ADDRESS = 1;
/** The first octet of protocols below 0x100, RFC 1661 §6.5. */
export const COMPRESS_PROTOCOL = 2;

/** Answer of `receive`: a frame was lost; the device counted why (FCS, abort, too long, too short). */
export const LOST = -1;

/** All characters below 0x20 are escaped: the receiver's map before LCP has agreed on another. RFC 1662 §7.1. */
export const ALL_CONTROLS = -1;

/** What a serial line may ask of the stack. */
export interface SerialHost extends DeviceHost {
	/** Arena offset of a FramingBlock, in which a driver in C remembers what has come of a frame. */
	readonly framing: number;
}

/** A driver of a serial line, as links see it. */
export interface SerialDevice {
	/** Whether the line is there: the cable, the far end of a pty, carrier where there is a pin for it. */
	readonly linkUp: boolean;
	/** Number in the table of devices in C (native/devices.h) while attached, as that of a Device; 0 or absent when it has none. */
	readonly native?: number;
	/** By name: `overruns` (bytes lost by the UART or a full ring), `breaks`, `framingErrors`, `badFcs`, `aborts`, `tooLong`, `tooShort`, `badHeader` (no address, control or protocol of PPP), `overflows` (frames to send that fit no ring). */
	readonly counters: Readonly<Record<string, number>>;
	/** Called once, before anything else. `host.notify` is called when bytes came, and when there is room again after BUSY. */
	attach(host: SerialHost): void;
	/**
	 * Chooses the framing. HDLC: the async-control-character-maps as int32 (bit n: character n is escaped when sent; dropped when received unescaped), and what is compressed
	 * (COMPRESS_…). A frame that has begun to come is dropped when the framing itself changes; the maps and `compress` change for the frames to come.
	 */
	setFraming(framing: number, sendAccm: number, receiveAccm: number, compress: number): void;
	/**
	 * Puts the next frame at `at` of the arena, at most `max` bytes. 0: none is complete. LOST: one was lost. Allocates nothing.
	 * RAW: answers how many bytes. SLIP: answers the packet's length. HDLC: address, control and protocol are taken off and FCS is checked; what follows is put at `at`, and the answer
	 * is `protocol << 16 | length`, an int32 which may be negative, never 0 and never LOST (a protocol is odd and its first octet even, RFC 1661 §2; others are lost).
	 */
	receive(at: number, max: number): number;
	/**
	 * Sends bytes `at` to `end` of the arena in the framing: SENT (the memory is the caller's again), or BUSY when the ring has no room for the whole frame: `notify` follows. Allocates
	 * nothing. `protocol`: HDLC only. LCP (0xc021) goes out with all controls escaped and nothing compressed, whatever is set. RAW takes all or nothing.
	 */
	transmit(at: number, end: number, protocol: number): number;
	/**
	 * HDLC: copies what has come of the frame that has begun, protocol and information, to `at`; answers how many bytes. Between frames and without a flag behind it, a modem's
	 * "NO CARRIER" is such a frame. Optional.
	 */
	unfinished?(at: number, max: number): number;
	/** Tells the modem to hang up where there is a line for it (DTR low when false). Optional. */
	setReady?(on: boolean): void;
	close(): void;
}
