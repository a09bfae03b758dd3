// Bulk copies within the arena, and between it and buffers of the application.

import { check } from "../../packet/bounds.ts";
import { demandBytes, type Bytes, type BytesIn } from "./bytes.ts";

function arena(view: DataView, at: number, length: number): Uint8Array {
	check(at, length, view.byteLength);
	return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function part(buffer: Bytes, start: number, length: number): Uint8Array {
	demandBytes(buffer);
	check(start, length, buffer.byteLength);
	if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset + start, length);
	return new Uint8Array(buffer, start, length);
}

/** Copies within the arena; the ranges may overlap. */
export function copy(view: DataView, to: number, from: number, length: number): void {
	arena(view, to, length).set(arena(view, from, length));
}

/** Arena to application, or to another place in the arena. */
export function copyOut(view: DataView, at: number, buffer: Bytes, start: number, length: number): void {
	part(buffer, start, length).set(arena(view, at, length));
}

/** Application to arena, likewise. */
export function copyIn(view: DataView, at: number, buffer: BytesIn, start: number, length: number): void {
	arena(view, at, length).set(part(buffer, start, length));
}
