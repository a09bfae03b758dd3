// Transfers over an impaired wire between network namespaces: Linux to Linux, and Linux with a board, both ways. What all three have in common is the wire
// (test/interop/support/impaired-wire.c), the program at Linux's ends (goodput-peer.c) and the window of 65,535 bytes.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundle, modules } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";
import { Namespace, stop } from "../interop/support/namespace.mjs";
import { WINDOW, wireOf } from "./goodput-cells.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../build/out/bench");
const PORT = "5001";
/** The client, whoever is asked, and a second of these. */
const ADDRESSES = ["10.77.0.1", "10.77.0.2", "10.77.0.3"];
/** More than is sent in the time that there is. */
const ENDLESS = 200_000_000;
/** Counters of TCP that tell of retransmissions that were not needed, of what came twice, and of timeouts. */
const COUNTERS = [
	..."RetransSegs OutSegs TCPTimeouts TCPSpuriousRTOs TCPLossProbes TCPDSACKRecv TCPDSACKOldSent TCPDSACKOfoSent DelayedACKLost".split(
		" ",
	),
	..."TCPSACKReorder TCPTSReorder TCPFullUndo TCPPartialUndo TCPDSACKUndo".split(" "),
];

/** What can be at the other end of Linux's: "linux", or "multihome". */
export const PEERS = ["linux", "multihome"];

/** Builds what transfers need; answers what `transfer` is given. */
export async function prepare({ quiet = true } = {}) {
	const wire = await compile("impaired-wire.c");
	const peer = await compile("goodput-peer.c");
	return { wire, peer, host: await buildHost({ release: true, quiet }), paths: await bundle() };
}

/** Compiles a program of test/interop/support unless that was done; answers where it is. */
export async function compile(source) {
	const binary = join(out, basename(source, ".c"));
	const path = join(here, "../interop/support", source);
	if (existsSync(binary) && statSync(binary).mtimeMs > statSync(path).mtimeMs) return binary;
	mkdirSync(out, { recursive: true });
	await promisify(execFile)("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", path, "-o", binary]);
	return binary;
}

/**
 * One transfer over the cell's wire. `peer` is who is asked, "linux" or "multihome", and `role` what it does, "send" or "receive"; Linux is the client. Answers
 * `{ goodput, bytes, seconds, error, wire, counters, peer }`: Mbit/s that came or were acknowledged, what went wrong or "", what the wire says, the kernel's
 * counters of the client and of a Linux that is asked. `pcap`: a file for a capture.
 */
export async function transfer(tools, cell, { peer, role, seed, control = "cubic", pcap }) {
	const folder = mkdtempSync(join(tmpdir(), "multihome-goodput-"));
	const namespaces = [];
	try {
		const client = await place(namespaces, ADDRESSES[0]);
		const socket = join(folder, "wire");
		const server = peer === "linux" ? await place(namespaces, ADDRESSES[1]) : await Namespace.create();
		if (peer !== "linux") namespaces.push(server);
		const end = peer === "linux" ? `${server.name}/tap0` : `stream:${socket}`;
		const options = Object.entries(wireOf(cell, seed)).map(([name, value]) => `${name}=${value}`);
		if (pcap !== undefined) options.push(`pcap=${pcap}`);
		// The wire finds the namespaces itself.
		const wire = begin(client, tools.wire, [`${client.name}/tap0`, end, ...options]);
		await wire.said("ready");
		const path = join(folder, "received");
		const settings = { role, bytes: String(cell.bytes), path };
		const asked =
			peer === "linux"
				? begin(server, tools.peer, ["serve", PORT, role, String(cell.bytes), String(cell.limitS), control])
				: begin(server, "chrt", ["-f", "10", tools.host, ...board(tools, folder, socket, settings, { seed })]);
		await asked.said("ready");
		const ping = await client.exec("ping", ["-c", "1", "-W", "5", ADDRESSES[1]]);
		if (ping.status !== 0) throw new Error(`${cell.name}: no answer to a ping\n${asked.text}`);

		const does = role === "send" ? "receive" : "send";
		const args = [ADDRESSES[1], PORT, does, String(cell.bytes), String(cell.limitS), control];
		const { status, stdout, stderr } = await client.exec(tools.peer, args, { timeoutMs: (cell.limitS + 20) * 1000 });
		if (status !== 0) throw new Error(stderr.trim());
		const result = JSON.parse(stdout);
		const counters = { client: await countersOf(client) };
		let error = result.error;
		if (result.wrong >= 0) error = `byte ${result.wrong} is wrong`;
		if (peer === "linux") {
			counters.server = await countersOf(server);
			// Whoever is asked to receive checks, too.
			if (role === "receive" && result.bytes === cell.bytes) {
				await asked.ended;
				const { wrong, bytes } = JSON.parse(asked.text.split("\n")[1]);
				if (wrong >= 0 || bytes !== cell.bytes) error = `byte ${wrong} of ${bytes} is wrong`;
			}
		} else {
			await stop(asked.child, "SIGTERM");
			// When the time is over, the client resets the connection.
			if (result.bytes === cell.bytes && error === "")
				error = asked.text.split("\n").find((line) => line.startsWith("error:")) ?? "";
			if (role === "receive" && result.bytes === cell.bytes) error = wrongIn(path, cell.bytes);
		}
		wire.child.stdin.end();
		await wire.ended;
		const { bytes, seconds } = result;
		return { goodput: (bytes * 8) / seconds / 1e6, bytes, seconds, error, wire: JSON.parse(wire.text.split("\n")[1]), counters };
	} finally {
		for (const namespace of namespaces.reverse()) await namespace.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

/**
 * `flows` connections for `seconds` over a wire that loses nothing but what its queue has no room for, of all of which the same client receives: the first half
 * from a board, the others from Linux. Answers Mbit/s of each, in that order, and what the wire says.
 */
export async function rivals(tools, options, { flows, seconds, control = "cubic", pcap }) {
	const folder = mkdtempSync(join(tmpdir(), "multihome-goodput-"));
	const namespaces = [];
	try {
		const client = await place(namespaces, ADDRESSES[0]);
		const linux = await place(namespaces, ADDRESSES[2]);
		const ours = await Namespace.create();
		namespaces.push(ours);
		const socket = join(folder, "wire");
		const ends = [`${client.name}/tap0`, `${linux.name}/tap0`, `stream:${socket}`];
		const given = Object.entries(pcap === undefined ? options : { ...options, pcap });
		const wire = begin(client, tools.wire, [...ends, ...given.map(([name, value]) => `${name}=${value}`)]);
		await wire.said("ready");
		const settings = { role: "send", bytes: String(ENDLESS) };
		const args = board(tools, folder, socket, settings, { seed: options.seed, connections: flows / 2 });
		const asked = begin(ours, "chrt", ["-f", "10", tools.host, ...args]);
		await asked.said("ready");
		const targets = Array.from({ length: flows }, (_, i) =>
			i < flows / 2 ? [ADDRESSES[1], PORT] : [ADDRESSES[2], String(Number(PORT) + i)],
		);
		for (const [address, port] of targets)
			if (address === ADDRESSES[2])
				await begin(linux, tools.peer, ["serve", port, "send", String(ENDLESS), String(seconds + 1), control]).said("ready");
		for (const address of ADDRESSES.slice(1)) {
			const { status } = await client.exec("ping", ["-c", "1", "-W", "5", address]);
			if (status !== 0) throw new Error(`no answer of ${address} to a ping`);
		}
		const rates = await Promise.all(
			targets.map(async ([address, port]) => {
				const { stdout, stderr } = await client.exec(
					tools.peer,
					[address, port, "receive", String(ENDLESS), String(seconds), control],
					{
						timeoutMs: (seconds + 20) * 1000,
					},
				);
				const { bytes, seconds: took, wrong, error } = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`);
				if (error !== "" || wrong >= 0) throw new Error(`${address}: ${error} ${wrong}`);
				return (bytes * 8) / took / 1e6;
			}),
		);
		await stop(asked.child, "SIGTERM");
		wire.child.stdin.end();
		await wire.ended;
		return { rates, wire: JSON.parse(wire.text.split("\n")[1]) };
	} finally {
		for (const namespace of namespaces.reverse()) await namespace.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** A namespace with one end of the wire, where every segment is a frame by itself. */
async function place(namespaces, address) {
	const namespace = await Namespace.create();
	namespaces.push(namespace);
	await namespace.tap("tap0", `${address}/24`);
	await namespace.ip("link", "set", "dev", "tap0", "gso_max_segs", "1");
	await namespace.exec("ethtool", ["-K", "tap0", "tso", "off", "gso", "off", "gro", "off"]);
	return namespace;
}

/** Starts a program: `said` waits for a line of it, `ended` for its end, `text` is all that it has said. */
function begin(namespace, command, args) {
	const child = namespace.spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
	const started = { child, text: "", ended: new Promise((resolve) => child.once("close", resolve)) };
	let heard = () => {};
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (part) => {
			started.text += part;
			heard();
		});
	started.said = (line) =>
		new Promise((resolve, reject) => {
			heard = () => {
				if (started.text.split("\n").includes(line)) resolve();
			};
			heard();
			child.once("exit", (status) => reject(new Error(`${basename(command)} ended with status ${status}: ${started.text}`)));
		});
	return started;
}

/** The command line of a board whose only interface is at the wire's socket. */
function board({ paths }, folder, socket, settings, { seed, connections = 1 }) {
	const configuration = join(folder, "board.json");
	const buffers = { receiveBuffer: WINDOW, sendBuffer: WINDOW };
	const ethernet = { link: "ethernet", wire: `stream:${socket}`, socket, mac: "02:6d:68:00:00:01", mtu: 1500 };
	writeFileSync(
		configuration,
		JSON.stringify({
			name: "goodput",
			stack: { sockets: { tcp: 3 + connections, udp: 1, ...buffers }, packets: 64 },
			interfaces: [{ name: "eth0", ...ethernet, addresses: [`${ADDRESSES[1]}/24`], metric: 0, faultSeed: 0 }],
			routes: [],
			settings,
			seed,
		}),
	);
	const names = Object.entries({ ...modules, program: join(here, "apps/goodput.js") });
	return ["-s", ...names.flatMap(([name, path]) => ["-m", `${name}=${path}`]), paths.desktop, "--", configuration];
}

async function countersOf(namespace) {
	const { stdout } = await namespace.exec("cat", ["/proc/net/snmp", "/proc/net/netstat"]);
	const result = {};
	const lines = stdout.trim().split("\n");
	for (let i = 0; i + 1 < lines.length; i += 2) {
		const [prefix, ...names] = lines[i].split(" ");
		if (prefix !== "Tcp:" && prefix !== "TcpExt:") continue;
		const values = lines[i + 1].split(" ").slice(1).map(Number);
		for (const [at, name] of names.entries()) if (COUNTERS.includes(name) && values[at] !== 0) result[name] = values[at];
	}
	return result;
}

const PERIOD = 65_521;

/** What is wrong with a file that ought to be so many bytes of the pattern, "" when nothing is. */
function wrongIn(path, bytes) {
	const got = readFileSync(path);
	if (got.length !== bytes) return `${got.length} bytes of ${bytes} came`;
	const pattern = Buffer.alloc(PERIOD);
	let state = 1;
	for (let i = 0; i < PERIOD; i++) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
		pattern[i] = state >>> 24;
	}
	for (let at = 0; at < bytes; at += PERIOD) {
		const part = got.subarray(at, at + PERIOD);
		if (part.compare(pattern, 0, part.length) !== 0) return `bytes from ${at} on are wrong`;
	}
	return "";
}
