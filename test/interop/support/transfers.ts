// curl to and from a board, each byte checked.

import { createHash, randomBytes } from "node:crypto";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "./namespace.mjs";

/** Period of the pattern of /bytes/N: byte i is i modulo 251. hosts/examples/status/bytes.ts */
const PERIOD = 251;

/** What one transfer came to. */
export interface Transfer {
	what: string;
	bytes: number;
	seconds: number;
	/** Why it failed, or "". */
	error: string;
}

const hashes = new Map<number, string>();

/** SHA-256 of the first `bytes` bytes of the pattern. */
export function patternHash(bytes: number): string {
	const known = hashes.get(bytes);
	if (known !== undefined) return known;
	const block = Buffer.alloc(PERIOD * 4096);
	for (let i = 0; i < block.length; i++) block[i] = i % PERIOD;
	const hash = createHash("sha256");
	for (let left = bytes; left > 0; left -= block.length) hash.update(left < block.length ? block.subarray(0, left) : block);
	const digest = hash.digest("hex");
	hashes.set(bytes, digest);
	return digest;
}

/** RFC 1071: the complement of the ones' complement sum of big-endian words. */
export function internetChecksum(bytes: Buffer): number {
	let sum = 0;
	const even = bytes.length & ~1;
	for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
	if (even !== bytes.length) sum += bytes[even]! << 8;
	while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
	return ~sum & 0xffff;
}

const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A file to upload. */
export interface Upload {
	path: string;
	bytes: number;
	checksum: number;
	/** SHA-256. */
	hash: string;
}

let serial = 0;

/** A file of random text. Not of random bytes: tshark takes some of those for protocols, and finds fault with them. */
export function uploadOf(folder: string, bytes: number): Upload {
	const content = Buffer.from(
		randomBytes(Math.ceil((bytes * 3) / 4))
			.toString("base64")
			.slice(0, bytes),
	);
	const path = join(folder, `upload-${++serial}`);
	writeFileSync(path, content);
	return { path, bytes, checksum: internetChecksum(content), hash: hashOf(content) };
}

/** A file that no test waits for the end of: 2 GB of zeros, which take no room on disk. */
export function endlessUpload(folder: string): Upload {
	const path = join(folder, "upload-endless");
	writeFileSync(path, "");
	truncateSync(path, 2 ** 31);
	return { path, bytes: 2 ** 31, checksum: 0xffff, hash: "" };
}

/** GET /bytes/N, checked by its hash. */
export async function download(namespace: Namespace, address: string, bytes: number, seconds = 300): Promise<Transfer> {
	const hash = createHash("sha256");
	let got = 0;
	const started = performance.now();
	const { status, stderr } = await namespace.exec(
		"curl",
		["-sS", "--max-time", String(seconds), `http://${address}/bytes/${bytes}`],
		{
			timeoutMs: (seconds + 10) * 1000,
			onData: (part) => {
				hash.update(part);
				got += part.length;
			},
		},
	);
	let error = "";
	if (status !== 0) error = `curl: status ${status}: ${stderr.trim()} after ${got} bytes`;
	else if (got !== bytes) error = `${got} bytes came`;
	else if (hash.digest("hex") !== patternHash(bytes)) error = "the hash is another";
	return { what: `from ${address}`, bytes, seconds: (performance.now() - started) / 1000, error };
}

/** POST /sink, checked by the count and the checksum that it answers. */
export async function upload(namespace: Namespace, address: string, file: Upload, seconds = 300): Promise<Transfer> {
	const started = performance.now();
	// `-T` reads the file piece by piece; it would ask whether it may (100-continue) and wait for the answer.
	const { status, stdout, stderr } = await namespace.exec(
		"curl",
		["-sS", "--max-time", String(seconds), "-X", "POST", "-H", "Expect:", "-T", file.path, `http://${address}/sink`],
		{ timeoutMs: (seconds + 10) * 1000 },
	);
	let error = "";
	if (status !== 0) error = `curl: status ${status}: ${stderr.trim()}`;
	else if (stdout.trim() !== JSON.stringify({ count: file.bytes, checksum: file.checksum }))
		error = `answered ${stdout.trim()}, expected ${file.bytes} bytes with checksum ${file.checksum}`;
	return { what: `to ${address}`, bytes: file.bytes, seconds: (performance.now() - started) / 1000, error };
}

/** To port 7 and back, checked by its hash. */
export async function echoed(namespace: Namespace, address: string, file: Upload, seconds = 300): Promise<Transfer> {
	const hash = createHash("sha256");
	let got = 0;
	const started = performance.now();
	const { status, stderr } = await namespace.exec("sh", ["-c", `exec ncat ${address} 7 <${file.path}`], {
		timeoutMs: seconds * 1000,
		onData: (part) => {
			hash.update(part);
			got += part.length;
		},
	});
	let error = "";
	if (status !== 0) error = `ncat: status ${status}: ${stderr.trim()} after ${got} bytes`;
	else if (got !== file.bytes) error = `${got} bytes came back`;
	else if (hash.digest("hex") !== file.hash) error = "the hash is another";
	return { what: `to ${address} and back`, bytes: file.bytes, seconds: (performance.now() - started) / 1000, error };
}

/** Like "from 192.168.77.2 85.3 MB/s". */
export function speed({ what, bytes, seconds }: Transfer): string {
	return `${what} ${(bytes / seconds / 1e6).toFixed(1)} MB/s`;
}

/** The errors of transfers, one a line; "" when all is well. */
export function errorsOf(transfers: Transfer[]): string {
	return transfers
		.filter(({ error }) => error !== "")
		.map(({ what, error }) => `${what}: ${error}`)
		.join("\n");
}
