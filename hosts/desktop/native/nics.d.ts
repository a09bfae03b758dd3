// Stand-ins for the interfaces that a board's SDK drives, drivers/nic: one of each kind. Views are DataView, Uint8Array, ArrayBuffer or host buffer.

export type NicKind = "wifi" | "emac";

/** There is one from now on, with its wire, a descriptor that carries frames, or -1. Throws Error when there is one already. */
export function plug(kind: NicKind, fd: number, mac: Uint8Array): void;
/** Takes it away and closes its wire. Throws Error while a driver has it. */
export function unplug(kind: NicKind): void;
/** Its wire has frames, or room: hands them over. Answers false when the other end is gone. */
export function arrived(kind: NicKind): boolean;
/** A frame arrives from nowhere: bytes `at` to `end`. Answers whether it waits. */
export function hand(kind: NicKind, view: ArrayBufferView | ArrayBuffer, at: number, end: number): boolean;
/** Without a wire: the oldest frame that was sent, to the view from `at`. Answers its length, 0 when there is none. The last 32 are kept. */
export function hear(kind: NicKind, view: ArrayBufferView | ArrayBuffer, at: number): number;
/** Its link comes, or goes. It is up from the start. */
export function link(kind: NicKind, up: boolean): void;
/** Whether the machine's queue takes no message, and how many frames are refused, for another try; -1 for all. */
export function hinder(kind: NicKind, full: boolean, busy: number): void;
/** Whether frames for groups were asked for. */
export function multicast(kind: NicKind): boolean;
