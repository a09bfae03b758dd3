// PPP: frames (RFC 1662), LCP (RFC 1661), IPCP (RFC 1332, 1877), IPV6CP (RFC 5072), PAP and CHAP.

import * as wire from "../../../src/link/ppp/packets.ts";
import { data } from "./data.ts";
import type { Cursor } from "./dissection.ts";
import { hex, named } from "./dissection.ts";
import { ipv4, ipv6, quoted } from "./ip.ts";

const PROTOCOLS: Readonly<Record<number, [string, (cursor: Cursor) => void]>> = {
	[wire.IP]: ["IPv4", ipv4],
	[wire.VJ_COMPRESSED]: ["compressed TCP", (cursor) => compressed(cursor, "VJ compressed")],
	[wire.VJ_UNCOMPRESSED]: ["TCP, to be compressed", (cursor) => compressed(cursor, "VJ uncompressed")],
	[wire.IPV6]: ["IPv6", ipv6],
	[wire.LCP]: ["LCP", (cursor) => control(cursor, "lcp", "LCP", lcpOption)],
	[wire.IPCP]: ["IPCP", (cursor) => control(cursor, "ipcp", "IPCP", ipcpOption)],
	[wire.IPV6CP]: ["IPV6CP", (cursor) => control(cursor, "ipv6cp", "IPV6CP", ipv6cpOption)],
	[wire.PAP]: ["PAP", (cursor) => login(cursor, "pap", "PAP", PAP)],
	[wire.CHAP]: ["CHAP", (cursor) => login(cursor, "chap", "CHAP", CHAP)],
};

const PROTOCOL_REJECT = 8;

const CODES: Readonly<Record<number, string>> = {
	[wire.CONFIGURE_REQUEST]: "Configure-Request",
	[wire.CONFIGURE_ACK]: "Configure-Ack",
	[wire.CONFIGURE_NAK]: "Configure-Nak",
	[wire.CONFIGURE_REJECT]: "Configure-Reject",
	[wire.TERMINATE_REQUEST]: "Terminate-Request",
	[wire.TERMINATE_ACK]: "Terminate-Ack",
	[wire.CODE_REJECT]: "Code-Reject",
	[PROTOCOL_REJECT]: "Protocol-Reject",
	9: "Echo-Request",
	10: "Echo-Reply",
	11: "Discard-Request",
};

const PAP: Readonly<Record<number, string>> = { 1: "Authenticate-Request", 2: "Authenticate-Ack", 3: "Authenticate-Nak" };
const CHAP: Readonly<Record<number, string>> = { 1: "Challenge", 2: "Response", 3: "Success", 4: "Failure" };

/** All stations, and unnumbered information. RFC 1662 §3.1. */
const ADDRESS = 0xff;
/** Numbers of control protocols begin here. RFC 1661 §2. */
const CONTROL = 0x8000;
/** Bytes of the frame check sequence at the end. */
const FCS = 2;

export function ppp(cursor: Cursor): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, "ppp", "PPP");
	dissection.tell("PPP", "");
	if (cursor.left > 0 && cursor.view.getUint8(cursor.at) === ADDRESS) {
		cursor.hex(1, "ppp.address", "Address");
		cursor.hex(1, "ppp.control", "Control");
	}
	const protocol = cursor.hex(2, "ppp.protocol", "Protocol", (value) => PROTOCOLS[value]?.[0] ?? "");
	layer.length = cursor.at - layer.at;
	const known = PROTOCOLS[protocol];
	layer.title = `PPP, ${known?.[0] ?? hex(protocol, 2)}`;
	dissection.tell(known?.[0] ?? "PPP", `protocol ${hex(protocol, 2)}, ${cursor.left - FCS} bytes`);
	const body = cursor.part(Math.max(cursor.left - FCS, 0));
	if (known !== undefined) known[1](body);
	else if (protocol >= CONTROL) otherControl(body);
	else data(body);
}

/** Packets whose headers are compressed: what they stand for only the peer knows. RFC 1144. */
function compressed(cursor: Cursor, what: string): void {
	cursor.dissection.tell("TCP", `${what}, ${cursor.left} bytes`);
	data(cursor);
}

/** Control of a protocol that is not known: what all of these begin with. RFC 1661 §2, §5. */
function otherControl(cursor: Cursor): void {
	cursor.number(1, "ppp.code", "Code", named(CODES));
	cursor.number(1, "ppp.identifier", "Identifier");
	cursor.number(2, "ppp.length", "Length");
	data(cursor);
}

type Option = (cursor: Cursor, type: number) => string;

/** A packet with options, or with whatever its code has. RFC 1661 §5. */
function control(cursor: Cursor, name: string, label: string, option: Option): void {
	const { dissection } = cursor;
	const layer = dissection.layer(cursor, name, label);
	const code = cursor.number(1, "ppp.code", "Code", named(CODES));
	const id = cursor.number(1, "ppp.identifier", "Identifier");
	const length = cursor.number(2, "ppp.length", "Length");
	const what = CODES[code] ?? `code ${code}`;
	layer.title = `${label} ${what}`;
	dissection.tell(label, `${what} ${id}`);
	const body = cursor.part(length - wire.HEADER);
	if (code === PROTOCOL_REJECT) return rejected(body, what);
	if (code > wire.CONFIGURE_REJECT) return data(body);
	const told: string[] = [];
	while (body.left > 0) {
		const type = body.number(1, `${name}.opt.type`, "Option");
		const value = body.part(body.number(1, `${name}.opt.length`, "Its length") - 2);
		told.push(option(value, type) || `option ${type}`);
	}
	dissection.tell(label, `${what} ${id}${told.length === 0 ? "" : `: ${told.join(", ")}`}`);
}

/** The packet that the peer did not want, which may be cut off. RFC 1661 §5.7. */
function rejected(cursor: Cursor, what: string): void {
	const protocol = cursor.hex(2, "lcp.rej_proto", "Rejected protocol", (value) => PROTOCOLS[value]?.[0] ?? "");
	cursor.dissection.tell("LCP", `${what}: ${PROTOCOLS[protocol]?.[0] ?? hex(protocol, 2)}`);
	if (protocol === wire.IP || protocol === wire.IPV6) return quoted(cursor);
	if (protocol < CONTROL) return data(cursor);
	const { dissection } = cursor;
	dissection.quoted = true;
	(PROTOCOLS[protocol]?.[1] ?? otherControl)(cursor);
	dissection.quoted = false;
}

function lcpOption(cursor: Cursor, type: number): string {
	if (type === 1 && cursor.left === 2) return `MRU ${cursor.number(2, "lcp.opt.mru", "MRU")}`;
	if (type === 2 && cursor.left === 4) return `asyncmap ${hex(cursor.hex(4, "lcp.opt.asyncmap", "Characters to be escaped"), 4)}`;
	if (type === 3 && cursor.left >= 2)
		return `authentication ${PROTOCOLS[cursor.hex(2, "lcp.opt.auth_protocol", "Authentication")]?.[0] ?? ""}`;
	if (type === 5 && cursor.left === 4) return `magic ${hex(cursor.hex(4, "lcp.opt.magic_number", "Magic number"), 4)}`;
	if (type === 7) return "protocol field compressed";
	if (type === 8) return "address and control compressed";
	return "";
}

function ipcpOption(cursor: Cursor, type: number): string {
	if (cursor.left !== 4) return "";
	if (type === 3) return `address ${cursor.ipv4("ipcp.opt.ip_address", "Address")}`;
	if (type === 129) return `name server ${cursor.ipv4("ipcp.opt.pri_dns_address", "Name server")}`;
	if (type === 131) return `second name server ${cursor.ipv4("ipcp.opt.sec_dns_address", "Second name server")}`;
	return "";
}

function ipv6cpOption(cursor: Cursor, type: number): string {
	if (type !== 1 || cursor.left !== 8) return "";
	return `interface identifier ${cursor.bytes(8, "ipv6cp.opt.interface_identifier", "Interface identifier")}`;
}

/** PAP, RFC 1334, and CHAP, RFC 1994: what is said, without what is secret. */
function login(cursor: Cursor, name: string, label: string, codes: Readonly<Record<number, string>>): void {
	const layer = cursor.dissection.layer(cursor, name, label);
	const code = cursor.number(1, `${name}.code`, "Code", named(codes));
	const id = cursor.number(1, `${name}.identifier`, "Identifier");
	const length = cursor.number(2, `${name}.length`, "Length");
	layer.title = `${label} ${codes[code] ?? `code ${code}`}`;
	cursor.dissection.tell(label, `${codes[code] ?? `code ${code}`} ${id}`);
	data(cursor.part(length - wire.HEADER));
}
