// The lab's packet list beside tshark: every field that both know, of the packets of a capture.

import { readFileSync } from "node:fs";
import { decode } from "../../../hosts/lab/decode/decode.ts";
import type { Packet } from "../../../hosts/lab/decode/decode.ts";
import { hex } from "../../../hosts/lab/decode/dissection.ts";
import { VJ_COMPRESSED, VJ_UNCOMPRESSED } from "../../../src/link/ppp/packets.ts";
import { packetsOf } from "./captures.ts";
import { run } from "./namespace.mjs";

/** Each packet by itself, numbers as they stand in it. */
const SETTINGS = [
	"tcp.relative_sequence_numbers:FALSE",
	"tcp.desegment_tcp_streams:FALSE",
	"tcp.check_checksum:TRUE",
	"udp.check_checksum:TRUE",
	"ip.check_checksum:TRUE",
	"ip.defragment:FALSE",
	"ipv6.defragment:FALSE",
	"ppp.fcs_type:16-Bit",
].flatMap((setting) => ["-o", setting]);

/** Fields of which tshark has more: these twice, in either order of bytes; IPv6's version under IPv4's name as well; the end of DHCP's options as an option 0. */
const MORE = new Set(["icmp.ident", "icmp.seq", "ip.version", "dhcp.option.type"]);
/** Of this one tshark 4.0 has the option's type and length within its value. */
const OTHER = new Set(["ipv6cp.opt.interface_identifier"]);
/** A checksum that tshark does not look at, as not all of its bytes are there. */
const UNVERIFIED = "2";
const BETWEEN = "\x1f";
const AMONG = "\x1e";
/** What tells the first `most` packets of a capture apart from how tshark sees them; "" when nothing does. */
export async function differences(file: string, most: number): Promise<string> {
	const { linkType, packets } = packetsOf(readFileSync(file), most);
	const decoded = packets.map((packet) => decode(packet, linkType));
	const names = [
		...new Set(decoded.flatMap(({ layers }) => layers.flatMap(({ fields }) => fields.map(({ name }) => name)))),
	].filter((name) => !OTHER.has(name));
	if (names.length === 0) return "";
	const wanted = ["_ws.malformed", ...names].flatMap((name) => ["-e", name]);
	const form = [`separator=${BETWEEN}`, "occurrence=a", `aggregator=${AMONG}`].flatMap((each) => ["-E", each]);
	const { status, stdout, stderr } = await run(
		"tshark",
		["-n", "-r", file, "-c", String(most), ...SETTINGS, "-T", "fields", ...form, ...wanted],
		{
			timeoutMs: 600_000,
		},
	);
	if (status !== 0) return `tshark ${file}: ${stderr}`;
	/** By field: the first difference, and how many. */
	const told = new Map<string, { first: string; count: number }>();
	for (const [i, line] of stdout.split("\n").slice(0, decoded.length).entries()) {
		const [malformed, ...theirs] = line.split(BETWEEN);
		if (malformed !== "") continue;
		for (const [k, name] of names.entries()) {
			if (name.startsWith("dns.") && inSeveral(decoded[i]!)) continue;
			if (!name.startsWith("ppp.") && isCompressed(decoded[i]!)) continue;
			const one = differenceOf(name, valuesOf(decoded[i]!, name), theirs[k] === "" ? [] : theirs[k]!.split(AMONG));
			if (one === "") continue;
			const before = told.get(name);
			if (before === undefined) told.set(name, { first: `packet ${i + 1}: ${one}`, count: 1 });
			else before.count++;
		}
	}
	return [...told.values()].map(({ first, count }) => `${file} ${first} (${count} times)\n`).join("");
}

/** Whether a DNS message may be in several segments, which tshark puts together and we do not. */
function inSeveral({ layers }: Packet): boolean {
	const names = layers.map(({ name }) => name);
	return names.includes("tcp") && !names.includes("dns");
}

/** Whether headers are compressed, or the first of some that will be, RFC 1144: tshark restores them, which takes the packets before, and we do not. */
function isCompressed(packet: Packet): boolean {
	return valuesOf(packet, "ppp.protocol").some((value) => value === hex(VJ_COMPRESSED, 2) || value === hex(VJ_UNCOMPRESSED, 2));
}

function valuesOf({ layers }: Packet, name: string): string[] {
	return layers.flatMap(({ fields }) => fields.filter((field) => field.name === name).map(({ value }) => value));
}

function differenceOf(name: string, ours: string[], theirs: string[]): string {
	// A value that is there twice may be shown once by either.
	const here = new Set(ours.map(plain));
	const there = new Set(theirs.map(plain).filter((value) => !(name.endsWith(".checksum.status") && value === UNVERIFIED)));
	const same = [...here].every((value) => there.has(value)) && (MORE.has(name) || [...there].every((value) => here.has(value)));
	return same ? "" : `${name}: ${ours.join(", ")}; tshark ${theirs.join(", ")}`;
}

/** Hexadecimal digits without leading zeros: tshark has as many as the field is wide in its tables. */
function plain(value: string): string {
	return value.replace(/^0x0+(?=.)/, "0x");
}
