// modules/crypt/etc/x509: two parts of a certificate. RFC 5280 §4.1.

import { bytesOf } from "sdk/natives/bytes";

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/** The element at `at`: its tag, and where its content begins and ends. DER, X.690 §8.1. */
function element(bytes, at) {
	let from = at + 2;
	let length = bytes[at + 1];
	if (length & 0x80) {
		const octets = length & 0x7f;
		length = 0;
		for (let i = 0; i < octets; i++) length = length * 256 + bytes[from + i];
		from += octets;
	}
	return { tag: bytes[at], at, from, end: from + length };
}

function within(bytes, { from, end }) {
	const all = [];
	for (let at = from; at < end; at = all[all.length - 1].end) all.push(element(bytes, at));
	return all;
}

/** The fields of the TBSCertificate, without the optional version that may come first. */
function fieldsOf(bytes) {
	const [tbs] = within(bytes, element(bytes, 0));
	const fields = within(bytes, tbs);
	return fields[0].tag === VERSION ? fields.slice(1) : fields;
}

/** subjectPublicKeyInfo as an ArrayBuffer. */
export function xs_x509_decodeSPKI(certificate) {
	const bytes = bytesOf(certificate);
	const [, , , , , info] = fieldsOf(bytes);
	return bytes.slice(info.at, info.end).buffer;
}

/** An object identifier's numbers as octets. X.690 §8.19. */
function encoded([first, second, ...rest]) {
	const octets = [first * 40 + second];
	for (const number of rest) {
		const digits = [number & 0x7f];
		for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
		octets.push(...digits);
	}
	return octets.join();
}

/** What an extension's octet string holds, as an ArrayBuffer; undefined without the extension. */
export function xs_x509_decodeExtension(certificate, identifier) {
	const bytes = bytesOf(certificate);
	const wanted = encoded(identifier);
	const field = fieldsOf(bytes).find(({ tag }) => tag === EXTENSIONS);
	if (field === undefined) return undefined;
	for (const extension of within(bytes, within(bytes, field)[0])) {
		const parts = within(bytes, extension);
		if (bytes.slice(parts[0].from, parts[0].end).join() !== wanted) continue;
		const value = parts[parts.length - 1];
		return bytes.slice(value.from, value.end).buffer;
	}
	return undefined;
}
