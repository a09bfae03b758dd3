// What encoder and decoder of SLIP (kernels/slip.ts) remember and agree on. RFC 1055.

export const END = 0o300;
export const ESC = 0o333;
export const ESC_END = 0o334;
export const ESC_ESC = 0o335;

/** `flags` of `slipEncode`: leave the first END out, as that of the packet before, sent just now, serves. */
export const NO_FIRST_END = 4;

/** A decoder's memory: words at these offsets, bytes. The C struct of the same name is the same. */
export const COUNT = 0;
export const STATE = 4;
/** Counters. */
export const SLIP_TOO_LONG = 8;
/** Packets that end in the middle of an escape. */
export const SLIP_ABORTS = 12;
/** Of the last `slipDecode`: 0, LOST, or the packet's length. Not part of the C struct. */
export const SLIP_RESULT = 16;
export const SLIP_DECODER = 20;

export const ESCAPED = 1;
export const SPOILED = 2;
export const LENGTH_BAD = 4;

export const LOST = -1;

/** Makes the decoder at `state` forget the packet that has begun. Counters stay. */
export function slipReset(view: DataView, state: number): void {
	view.setInt32(state + COUNT, 0, true);
	view.setInt32(state + STATE, 0, true);
}

/** Bytes were lost here (an overrun): the packet that has begun will be LOST. */
export function slipSpoil(view: DataView, state: number): void {
	view.setInt32(state + STATE, view.getInt32(state + STATE, true) | SPOILED, true);
}
