// Segments and packets that no honest peer sends: the board drops and counts them, and goes on serving.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, dropsSince, inWords, interfaceOf, twoTaps } from "./support/board.ts";
import type { BoardStatus } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps, pause, report } from "./support/setup.ts";
import { download, errorsOf, upload, uploadOf } from "./support/transfers.ts";

const TARGET = "192.168.77.2";
const BYTES = 50_000_000;

describeWith(["hping3", "nmap"], "odd packets", () => {
	let namespace: Namespace;
	let board: Board;
	let before: BoardStatus;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		board = await Board.start(namespace, twoTaps());
		before = await board.status();
	});

	afterAll(async () => {
		await namespace.close();
		board.discard();
	});

	async function hping(...args: string[]): Promise<string> {
		const { stdout, stderr } = await namespace.exec("hping3", ["-n", ...args], { timeoutMs: 30_000 });
		return stdout + stderr;
	}

	/** What the board makes of packets while it is also asked to do its work. */
	async function under(attack: () => Promise<unknown>): Promise<Record<string, number>> {
		const start = await board.status("192.168.78.2");
		const work = download(namespace, "192.168.78.2", BYTES);
		await pause(300);
		await attack();
		const moved = await work;
		expect(errorsOf([moved])).toBe("");
		const end = await board.status("192.168.78.2");
		// The download takes 0.85 MB in chunks; 20,000 packets of an attack would take 0.32 MB at 16 bytes each.
		expect(end.heap.slotsAllocated - start.heap.slotsAllocated).toBeLessThan(10_000);
		expect(end.heap.chunkBytesAllocated - start.heap.chunkBytesAllocated).toBeLessThan(1_100_000);
		return dropsSince(start, end, "eth0");
	}

	// [flags of hping3, what comes back from an open port, from a closed one] as RFC 9293 §3.10.7 has it.
	it.each([
		["-S", "flags=SA", "flags=RA"],
		["-A", "flags=R ", "flags=R "],
		["-F", "", "flags=RA"],
		["-FPU", "", "flags=RA"],
		["-SF", "", "flags=RA"],
		["-Y", "", "flags=RA"],
		["-SAFRPUXY", "", ""],
		["-R", "", ""],
	])("answers segments with flags %s as RFC 9293 says", async (flags, open, closed) => {
		const answerOf = (output: string) => /flags=\w+ /.exec(output)?.[0] ?? "";
		expect(answerOf(await hping(flags, "-p", "80", "-c", "1", TARGET)).trim()).toBe(open.trim());
		expect(answerOf(await hping(flags, "-p", "5555", "-c", "1", TARGET)).trim()).toBe(closed.trim());
	});

	it("drops what has a bad checksum, a length that is wrong, or from itself; fragments do no harm", async () => {
		const drops = await under(async () => {
			await hping("-S", "-p", "80", "-b", "-c", "20", "-i", "u1000", TARGET); // bad checksum
			await hping("-S", "-p", "80", "-O", "15", "-c", "20", "-i", "u1000", TARGET); // data offset beyond the segment
			await hping("--udp", "-p", "9", "-d", "3000", "-f", "-c", "5", "-i", "u1000", TARGET); // fragments, of which datagrams are made that nobody wants
			await hping("-S", "-p", "80", "-a", TARGET, "-s", "80", "-k", "-c", "20", "-i", "u1000", TARGET); // "land"
		});
		report(`bad packets: ${inWords(drops)}`);
		const chips = interfaceOf(await board.status("192.168.78.2"), "eth0").device["badChecksums"] ?? 0; // found while the bytes pass from the chip
		expect((drops["tcpChecksum"] ?? 0) + chips).toBe(20);
		expect(drops["tcpMalformed"]).toBe(20);
		expect(drops["ipBadSource"]).toBe(20);
	});

	it("does not answer a source that is everybody, RFC 1122 §3.2.1.3", async () => {
		const drops = await under(async () => {
			for (const kind of [["-1"], ["--udp", "-p", "7"], ["-S", "-p", "80"]])
				await hping(...kind, "-a", "192.168.77.255", "-c", "20", "-i", "u1000", TARGET);
		});
		report(`from the subnet's broadcast address: ${inWords(drops)}`);
		expect(drops["ipBadSource"]).toBe(60);
	});

	it("bounds what a SYN flood takes, and takes connections again when it is over", async () => {
		let waited = 0;
		const drops = await under(async () => {
			await hping("-q", "-S", "-p", "80", "--rand-source", "-c", "20000", "-i", "u100", TARGET);
			const ended = performance.now();
			await board.status("192.168.78.2");
			waited = (performance.now() - ended) / 1000;
		});
		const after = await board.status("192.168.78.2");
		report(
			`20,000 SYNs from everywhere: ${inWords(drops)}; served again after ${waited.toFixed(1)} s, ${after.memory.tcpFree} of ${after.memory.tcp} sockets free`,
		);
		// A SYN that came last in the flood may have to be sent again.
		expect(waited).toBeLessThan(5);
	});

	it("stands a flood of segments with random sources and every flag", async () => {
		const drops = await under(() =>
			hping("-q", "-SAFPU", "-p", "++1", "--rand-source", "-d", "200", "-c", "20000", "-i", "u100", TARGET),
		);
		report(`20,000 odd segments: ${inWords(drops)}`);
	});

	it("is scanned by nmap in every way, and shows the ports that it has", async () => {
		const ports = "T:1-100,U:7,9,19,53";
		for (const scan of [
			["-sS", "-sU"],
			["-sF"],
			["-sX"],
			["-sN"],
			["-sA"],
			["-sM"],
			["-sO", "-p1-20"],
			["-O", "--osscan-guess"],
		]) {
			const own = scan.some((arg) => arg.startsWith("-p")) ? [] : ["-p", scan.includes("-sU") ? ports : "1-100"];
			const { status, stdout, stderr } = await namespace.exec(
				"nmap",
				["-n", "-Pn", "--max-retries", "1", "--host-timeout", "40s", ...scan, ...own, TARGET],
				{
					timeoutMs: 60_000,
				},
			);
			expect(status, stderr).toBe(0);
			if (scan[0] === "-sS") for (const port of [7, 9, 19, 80]) expect(stdout).toMatch(new RegExp(`^${port}/tcp +open `, "m"));
		}
	});

	it("is none the worse for all that", async () => {
		const transfers = await Promise.all(
			[TARGET, "192.168.78.2"].flatMap((address) => [
				download(namespace, address, BYTES),
				upload(namespace, address, uploadOf(board.folder, 5_000_000)),
			]),
		);
		expect(errorsOf(transfers)).toBe("");
		const after = await board.status();
		report(`in all: eth0 ${interfaceOf(after, "eth0").received.packets} packets, ${inWords(dropsSince(before, after, "eth0"))}`);
		expect(after.memory.packetsFree).toBe(before.memory.packetsFree);
		expect(await endOf(board, { outboundOnly: true })).toBe("");
	});
});
