// TCP and its options. Sequence numbers are those of the header: Wireshark's tcp.seq_raw and tcp.ack_raw.

import * as wire from "../../../src/wire/tcp.ts";
import { OFFER } from "../../../src/packet/offers.ts";
import { PORT as DNS_PORT } from "../../../src/wire/dns.ts";
import { TCP } from "../../../src/wire/ipv4.ts";
import { checksum } from "../../../src/wire/kernels/checksum.ts";
import type { Cursor } from "./dissection.ts";
import { named } from "./dissection.ts";
import { data, firstLine } from "./data.ts";
import { dns } from "./dns.ts";
import { verdict, type Carrier } from "./ip.ts";

const FLAGS: readonly (readonly [bit: number, name: string, label: string])[] = [
	[wire.CWR, "cwr", "CWR"],
	[wire.ECE, "ece", "ECE"],
	[wire.URG, "urg", "URG"],
	[wire.ACK, "ack", "ACK"],
	[wire.PSH, "push", "PSH"],
	[wire.RST, "reset", "RST"],
	[wire.SYN, "syn", "SYN"],
	[wire.FIN, "fin", "FIN"],
];

const KINDS = named({
	[wire.OPTION_END]: "end",
	[wire.OPTION_NOP]: "none",
	[wire.OPTION_MSS]: "maximum segment size",
	[OFFER.windowScale.kind]: "window scale",
	[OFFER.sack.kind]: "SACK permitted",
	[wire.OPTION_SACK]: "SACK",
	[OFFER.timestamps.kind]: "timestamps",
	[wire.OPTION_FAST_OPEN]: "Fast Open",
});

export function tcp(cursor: Cursor, { sum, whole, length }: Carrier): void {
	const { dissection, at } = cursor;
	const layer = dissection.layer(cursor, "tcp", "TCP");
	dissection.tell("TCP", "");
	const source = cursor.number(2, "tcp.srcport", "Source port");
	const destination = cursor.number(2, "tcp.dstport", "Destination port");
	layer.title = `TCP, port ${source} → ${destination}`;
	const seq = cursor.number(4, "tcp.seq_raw", "Sequence number");
	if (dissection.quoted && cursor.left === 0) return;
	const ack = cursor.number(4, "tcp.ack_raw", "Acknowledgment number");
	const place = cursor.at;
	const header = cursor.bits(place, 1, (cursor.raw(1) >> 4) << 2, "tcp.hdr_len", "Header length");
	const flags = cursor.raw(1);
	const set = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, , label]) => label);
	for (const [bit, name, label] of FLAGS) cursor.bits(place + 1, 1, (flags & bit) === 0 ? 0 : 1, `tcp.flags.${name}`, label);
	const window = cursor.number(2, "tcp.window_size_value", "Window");
	cursor.hex(2, "tcp.checksum", "Checksum");
	if (whole) verdict(cursor, "tcp", at + wire.CHECKSUM, checksum(cursor.view, at, cursor.end, sum + TCP + length) === 0xffff);
	cursor.number(2, "tcp.urgent_pointer", "Urgent pointer");
	layer.length = header;
	const bytes = length - header;
	if (header < wire.HEADER || bytes < 0) return dissection.tell("TCP", `header of ${header} bytes in ${length}`);
	cursor.add("tcp.len", "Data", String(bytes), at, 0, "bytes");
	const options = cursor.part(dissection.quoted ? Math.min(header - wire.HEADER, cursor.left) : header - wire.HEADER);
	const told: string[] = [];
	while (options.left > 0 && option(options, told));
	const text = firstLine(cursor.view, cursor.at, cursor.end);
	layer.title = `TCP, port ${source} → ${destination}, ${set.join(" ") || "no flags"}`;
	const acknowledges = (flags & wire.ACK) === 0 ? "" : ` ack ${ack}`;
	dissection.tell(
		"TCP",
		`${source} → ${destination} ${set.join(" ") || "no flags"} seq ${seq}${acknowledges} win ${window} len ${bytes}${told.map((each) => ` ${each}`).join("")}${text === "" ? "" : `: ${text}`}`,
	);
	if (
		(source === DNS_PORT || destination === DNS_PORT) &&
		!dissection.quoted &&
		cursor.left > 2 &&
		cursor.view.getUint16(cursor.at) === cursor.left - 2
	) {
		cursor.skip(2); // RFC 1035 §4.2.2: its length, of one that is whole in this segment, as small ones are
		return dns(cursor, "DNS");
	}
	data(cursor);
}

/** One option; false: none follows. */
function option(cursor: Cursor, told: string[]): boolean {
	const kind = cursor.number(1, "tcp.option_kind", "Option", KINDS);
	if (kind === wire.OPTION_END) return false;
	if (kind === wire.OPTION_NOP) return true;
	const length = cursor.number(1, "tcp.option_len", "Its length");
	const body = cursor.part(length - 2);
	if (kind === wire.OPTION_MSS && length === 4) told.push(`mss ${body.number(2, "tcp.options.mss_val", "MSS")}`);
	else if (kind === OFFER.windowScale.kind && length === OFFER.windowScale.bytes)
		told.push(`wscale ${body.number(1, "tcp.options.wscale.shift", "Shift")}`);
	else if (kind === OFFER.timestamps.kind && length === OFFER.timestamps.bytes) {
		body.number(4, "tcp.options.timestamp.tsval", "Time");
		body.number(4, "tcp.options.timestamp.tsecr", "Echo");
	} else if (kind === wire.OPTION_SACK)
		while (body.left >= wire.SACK_BLOCK) {
			const from = body.number(4, "tcp.options.sack_le", "From");
			told.push(`sack ${from}-${body.number(4, "tcp.options.sack_re", "To")}`);
		}
	return true;
}
