// modules/data/text and modules/data/logical: UTF-8 by XS's own conversions, logic on buffers.

import { bytesOf } from "sdk/natives/bytes";

const decoders = new WeakMap();

export function xs_textdecoder(label = "utf-8", options = {}) {
	if (!/^utf-?8$/i.test(label)) throw new RangeError(`encoding ${label}: expected utf-8`);
	decoders.set(this, { fatal: options.fatal === true, ignoreBOM: options.ignoreBOM === true });
}

export function xs_textdecoder_decode(data) {
	if (data === undefined) return "";
	return String.fromArrayBuffer(bytesOf(data).slice().buffer);
}

export const xs_textdecoder_get_encoding = () => "utf-8";

export function xs_textdecoder_get_fatal() {
	return decoders.get(this).fatal;
}

export function xs_textdecoder_get_ignoreBOM() {
	return decoders.get(this).ignoreBOM;
}

export function xs_textencoder_encode(value = "") {
	return new Uint8Array(ArrayBuffer.fromString(String(value)));
}

/** As many whole characters as fit. */
export function xs_textencoder_encodeInto(value, target) {
	let read = 0;
	let written = 0;
	for (const character of value) {
		const bytes = new Uint8Array(ArrayBuffer.fromString(character));
		if (written + bytes.length > target.length) break;
		target.set(bytes, written);
		written += bytes.length;
		read += character.length;
	}
	return { read, written };
}

function each(target, source, count, operation) {
	const bytes = bytesOf(target);
	const other = typeof source === "number" ? Uint8Array.of(source) : bytesOf(source);
	const end = count ?? bytes.length;
	for (let i = 0; i < end; i++) bytes[i] = operation(bytes[i], other[i % other.length]);
}

export function xs_logical_xor(target, source, count) {
	each(target, source, count, (a, b) => a ^ b);
}

export function xs_logical_and(target, source, count) {
	each(target, source, count, (a, b) => a & b);
}

export function xs_logical_or(target, source, count) {
	each(target, source, count, (a, b) => a | b);
}
