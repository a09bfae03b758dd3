// What was recorded at a board's interfaces: counted, and put before tshark, which knows the protocols better than we do.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { run } from "./namespace.mjs";

/** Any frame that this filter passes is wrong. */
const WRONG =
	'_ws.malformed || _ws.expert.severity >= "Error" || _ws.expert.group == "Checksum" || gre.checksum.status == "Bad" || ppp.fcs.status == "Bad"';
const CHECKS = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ppp.fcs_type:16-Bit"];
/** The bytes of an HDLC line. */
const LINE = 'uat:user_dlts:"User 0 (DLT=147)","ppp_raw_hdlc","0","","0",""';
/** Segments are judged one by one: put together, the bodies of hundreds of megabytes would have to fit into memory. */
const APART = ["tcp.desegment_tcp_streams:FALSE", "http.desegment_body:FALSE"];

const OUTBOUND = "frame.packet_flags_direction == 2";
/** The kernel sends 0xffff where RFC 1624 would have 0, once in a while: a remark of tshark's about the kernel, also when the board forwards it. */
export const KERNELS_ZERO = "tcp.checksum == 0xffff";
const EXCUSED = `${KERNELS_ZERO} && !(ip.src in {192.168.77.2, 192.168.78.2, 192.168.99.1, 10.0.2.15})`;
/**
 * tshark 4.0 restores compressed headers wrong (RFC 1144's special case of unidirectional data counts the TCP header as data), and then finds their checksums
 * wrong, whoever sent them: of these frames the FCS is looked at. The peers, which restore them too, check the TCP checksums.
 */
const VJ = 'ppp.protocol == 0x002d && ppp.fcs.status == "Good" && !_ws.malformed';
/**
 * A piece of a body that begins with the end of a line, such as that of a chunk: judged by itself it looks like a message with an empty line before it. Where a message does follow, or
 * a checksum is wrong, it is judged like any other. tshark calls all of these malformed.
 */
const PIECE =
	'http.leading_crlf && !http.response.code && !http.request.method && !(ppp.fcs.status == "Bad") && !(gre.checksum.status == "Bad") && ' +
	'ip.checksum.status == "Good" && tcp.checksum.status == "Good"';

const settings = [...CHECKS, LINE, ...APART].flatMap((setting) => ["-o", setting]);

/** The captures of a folder. */
export function capturesIn(folder: string): string[] {
	return readdirSync(folder)
		.filter((name) => name.endsWith(".pcapng"))
		.sort()
		.map((name) => join(folder, name));
}

/** The most lines of them that are shown. */
const MOST_COMPLAINTS = 10;

/** As many captures are looked through at once: on two processors more would only take more memory, of which tshark wants several times a capture's size. */
const BESIDE = 2;

/** What tshark has against the frames of these captures; "" is what is expected. */
export async function complaints(files: string[], { outboundOnly = false } = {}): Promise<string> {
	const judged = `(${WRONG}) && !(${VJ}) && !(${PIECE})`;
	const filter = outboundOnly ? `${OUTBOUND} && ${judged}` : `${judged} && !(${EXCUSED})`;
	const told: string[] = [];
	let next = 0;
	const work = async () => {
		while (next < files.length) {
			const i = next++;
			told[i] = await complaintsOf(files[i]!, filter);
		}
	};
	await Promise.all(Array.from({ length: BESIDE }, work));
	return told.join("");
}

async function complaintsOf(file: string, filter: string): Promise<string> {
	const { status, stdout, stderr } = await run("tshark", ["-n", "-r", file, ...settings, "-Y", filter], { timeoutMs: 600_000 });
	const lines = stdout.split("\n").filter((line) => line !== "");
	let told = lines.slice(0, MOST_COMPLAINTS).join("\n");
	if (lines.length > MOST_COMPLAINTS) told += `\nand ${lines.length - MOST_COMPLAINTS} more\n`;
	// As root it warns that it should not be run as root.
	if (status !== 0) told += `tshark: status ${status}: ${stderr}`;
	return told;
}

/** Lines of the given fields for frames that pass the filter. */
export async function fields(file: string, filter: string, ...names: string[]): Promise<string[][]> {
	const wanted = names.flatMap((name) => ["-e", name]);
	const { status, stdout, stderr } = await run(
		"tshark",
		["-n", "-r", file, ...settings, "-Y", filter, "-T", "fields", ...wanted],
		{
			timeoutMs: 600_000,
		},
	);
	if (status !== 0) throw new Error(`tshark ${file}: ${stderr}`);
	return stdout
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => line.split("\t"));
}

export interface FrameCounts {
	inbound: number;
	outbound: number;
}

const ENHANCED_PACKET = 6;
const OPTION_FLAGS = 2;

interface Recorded {
	frame: Uint8Array;
	inbound: boolean;
}

/** The packets of a capture. pcapng: draft-ietf-opsawg-pcapng §4.3; little-endian, as we write it. */
function* recorded(bytes: Buffer): Generator<Recorded> {
	for (let at = 0; at + 12 <= bytes.length;) {
		const length = bytes.readUInt32LE(at + 4);
		if (bytes.readUInt32LE(at) === ENHANCED_PACKET) {
			const kept = bytes.readUInt32LE(at + 20);
			const options = at + 28 + ((kept + 3) & ~3);
			if (bytes.readUInt16LE(options) === OPTION_FLAGS)
				yield { frame: bytes.subarray(at + 28, at + 28 + kept), inbound: (bytes.readUInt32LE(options + 4) & 3) === 1 };
		}
		at += length;
	}
}

/** The first packets of a capture, and what they begin with: LINKTYPE_… of src/device/pcapng.ts. */
export function packetsOf(bytes: Buffer, most: number): { linkType: number; packets: Uint8Array[] } {
	const packets: Uint8Array[] = [];
	for (const { frame } of recorded(bytes)) {
		if (packets.length === most) break;
		packets.push(frame);
	}
	// Behind the section header, 28 bytes, and the type and length of the description of the interface.
	return { linkType: bytes.length > 38 ? bytes.readUInt16LE(36) : 0, packets };
}

/** Of each frame of a capture, whether it came in. */
function* directions(file: string): Generator<boolean> {
	for (const { inbound } of recorded(readFileSync(file))) yield inbound;
}

/** Frames of a capture by direction. */
export function frameCounts(file: string): FrameCounts {
	const counts = { inbound: 0, outbound: 0 };
	for (const inbound of directions(file)) counts[inbound ? "inbound" : "outbound"]++;
	return counts;
}

/** The number, as tshark counts all frames of a capture, of the `count`th that came in. */
export function inboundFrame(file: string, count: number): number {
	let number = 0;
	let came = 0;
	for (const inbound of directions(file)) {
		number++;
		if (inbound && ++came === count) return number;
	}
	throw new Error(`${file}: ${came} frames came in, ${count} expected`);
}

/** All captures together, in MB of 10^6 bytes. */
export function megabytes(files: string[]): number {
	return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
}
