// Bulk copies between the arena, rings within it, and buffers of the application.

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

function checkRing(view: DataView, ring: number, size: number, offset: number, length: number): void {
	check(ring, size, view.byteLength);
	check(offset, 1, size);
	check(0, length, size);
}

/** All of `source` into a ring that has been checked. */
function putAround(view: DataView, ring: number, size: number, offset: number, source: Uint8Array): void {
	const first = Math.min(source.length, size - offset);
	arena(view, ring + offset, first).set(source.subarray(0, first));
	arena(view, ring, source.length - first).set(source.subarray(first));
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

/** Arena at `from` into the ring of `size` bytes at `ring`, from its byte `offset` on, wrapping. What is copied lies outside of the ring, as it does for the one below. */
export function ringPut(view: DataView, ring: number, size: number, offset: number, from: number, length: number): void {
	checkRing(view, ring, size, offset, length);
	const source = arena(view, from, length);
	putAround(view, ring, size, offset, source);
}

/** Ring to application. */
export function ringRead(
	view: DataView,
	ring: number,
	size: number,
	offset: number,
	buffer: Bytes,
	start: number,
	length: number,
): void {
	checkRing(view, ring, size, offset, length);
	const target = part(buffer, start, length);
	const first = Math.min(length, size - offset);
	target.set(arena(view, ring + offset, first));
	target.set(arena(view, ring, length - first), first);
}
