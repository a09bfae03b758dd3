// Descriptors that carry frames. Nothing here waits. Views are DataView, Uint8Array, ArrayBuffer or host buffer.

/**
 * How a descriptor carries frames. `frame`: one read or write is one frame (TAP, datagram socket). `stream`: each frame after
 * its length, 32 bits big-endian, as QEMU's `-netdev stream` does. `bytes`: no frames, any bytes there are (pty, pipe).
 */
export type WireKind = "frame" | "stream" | "bytes";

/** Attaches to the TAP device `name`. Throws Error naming the device and the remedy. */
export function openTap(name: string): number;
/** Connects to a UNIX stream socket, for frames in QEMU's framing. Throws Error naming the path and the reason. */
export function connectStream(path: string): number;
/** Takes over a descriptor that was open when the process started. Returns `fd`. */
export function inheritFd(fd: number, kind: WireKind): number;

/**
 * Puts one frame (of kind `bytes`: what there is) into the view from `at`, `max` bytes at most. Returns its length; 0 when
 * nothing is there now; -1 when the other end is closed; -2 when a frame longer than `max` was thrown away.
 */
export function receive(fd: number, view: ArrayBufferView | ArrayBuffer, at: number, max: number): number;
/**
 * Sends the view's bytes [at, end) as one frame. Returns 1 when taken; 0 when there is no room now (ask for WRITABLE and try
 * again); -1 when the other end is closed. Streams write what a turn of the loop sent with one system call, before polling.
 */
export function send(fd: number, view: ArrayBufferView | ArrayBuffer, at: number, end: number): number;
/** Writes what can still be written, ends the watch and closes. */
export function close(fd: number): void;
