// modules/crypt/digest, bin and etc/rng over @noble/hashes and @noble/ciphers.

import { cbc, ctr, ecb } from "@noble/ciphers/aes.js";
import { ghash } from "@noble/ciphers/_polyval.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { host } from "multihome/host";
import { bufferOf, bytesOf, concat } from "sdk/natives/bytes";

const DIGESTS = { MD5: md5, SHA1: sha1, SHA224: sha224, SHA256: sha256, SHA384: sha384, SHA512: sha512 };
const GHASH_BYTES = 16;

/** SP 800-38D §7.1: what is authenticated, what was written, and the bit lengths of both, each padded to whole blocks by noble's update. */
class GaloisHash {
	#parts = [];
	#key;
	#aad;

	begin(key, aad) {
		this.#key = bytesOf(key).slice();
		this.#aad = aad === undefined ? new Uint8Array(0) : bytesOf(aad).slice();
	}

	update(bytes) {
		this.#parts.push(bytes.slice());
	}

	digest() {
		const data = concat(this.#parts);
		const lengths = new Uint8Array(GHASH_BYTES);
		const view = new DataView(lengths.buffer);
		view.setUint32(4, this.#aad.length * 8);
		view.setUint32(12, data.length * 8);
		const hash = ghash.create(this.#key);
		for (const part of [this.#aad, data, lengths]) if (part.length > 0) hash.update(part);
		return hash.digest();
	}

	clone() {
		return this;
	}
}

const states = new WeakMap();
const make = (type) => (type === "GHASH" ? new GaloisHash() : DIGESTS[type].create());

export function xs_crypt_Digest(type) {
	if (type !== "GHASH" && !(type in DIGESTS)) throw new Error(`digest ${type}: there is no stand-in for it`);
	states.set(this, { type, hash: make(type) });
}

export function xs_crypt_Digest_write(data) {
	states.get(this).hash.update(bytesOf(data));
}

export function xs_crypt_Digest_close() {
	return bufferOf(states.get(this).hash.clone().digest());
}

export function xs_crypt_Digest_reset() {
	const state = states.get(this);
	state.hash = make(state.type);
}

export function xs_crypt_Digest_get_blockSize() {
	const { type } = states.get(this);
	return type === "GHASH" ? GHASH_BYTES : DIGESTS[type].blockLen;
}

export function xs_crypt_Digest_get_outputSize() {
	const { type } = states.get(this);
	return type === "GHASH" ? GHASH_BYTES : DIGESTS[type].outputLen;
}

export function xs_ghash_init(key, aad) {
	states.get(this).hash.begin(key, aad);
}

/** Puts the result where the caller wants it, or into a new ArrayBuffer. */
function into(result, bytes) {
	if (result === undefined || result === null) return bufferOf(bytes);
	bytesOf(result).set(bytes);
	return result;
}

export function xs_crypt_cipher_constructor(name, key) {
	if (name !== "AES") throw new Error(`cipher ${name}: there is no stand-in for it`);
	states.set(this, { key: bytesOf(key).slice() });
}

export function xs_crypt_cipher_encrypt(data, result) {
	return into(result, ecb(states.get(this).key, { disablePadding: true }).encrypt(bytesOf(data)));
}

export function xs_crypt_cipher_decrypt(data, result) {
	return into(result, ecb(states.get(this).key, { disablePadding: true }).decrypt(bytesOf(data)));
}

export function xs_crypt_cipher_get_keySize() {
	return states.get(this).key.length;
}

export const xs_crypt_cipher_get_blockSize = () => 16;

export function xs_crypt_mode_constructor(mode, cipher, iv, pad) {
	if ((mode !== "CTR" && mode !== "CBC") || pad) throw new Error(`mode ${mode}: there is no stand-in for it`);
	states.set(this, { mode, key: states.get(cipher).key, iv: iv && bytesOf(iv).slice() });
}

export function xs_crypt_mode_setIV(iv) {
	// A counter that began with zeros comes without them.
	const bytes = new Uint8Array(16);
	bytes.set(bytesOf(iv), 16 - iv.byteLength);
	states.get(this).iv = bytes;
}

export function xs_crypt_mode_encrypt(data, result) {
	const { mode, key, iv } = states.get(this);
	const cipher = mode === "CTR" ? ctr(key, iv) : cbc(key, iv, { disablePadding: true });
	return into(result, cipher.encrypt(bytesOf(data)));
}

export function xs_crypt_mode_decrypt(data, result) {
	const { mode, key, iv } = states.get(this);
	const cipher = mode === "CTR" ? ctr(key, iv) : cbc(key, iv, { disablePadding: true });
	return into(result, cipher.decrypt(bytesOf(data)));
}

export function xs_crypt_bin_xor(a, b) {
	const left = bytesOf(a);
	const right = bytesOf(b);
	if (right.length < left.length) throw new Error(`xor of ${left.length} bytes with ${right.length}: expected as many`);
	return left.map((byte, i) => byte ^ right[i]).buffer;
}

export function xs_crypt_bin_comp(a, b, count) {
	const left = bytesOf(a);
	const right = bytesOf(b);
	if (count === undefined && left.length !== right.length) return left.length < right.length ? -1 : 1;
	const end = count ?? left.length;
	for (let i = 0; i < end; i++) if (left[i] !== right[i]) return (left[i] ?? -1) < (right[i] ?? -1) ? -1 : 1;
	return 0;
}

export function xs_rng_get(count) {
	const bytes = new Uint8Array(count);
	host.entropy(bytes);
	return bytes.buffer;
}
