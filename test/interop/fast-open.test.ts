// TCP Fast Open with the Linux kernel, both ways. RFC 7413.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Board, twoTaps } from "./support/board.ts";
import { capturesIn, fields } from "./support/captures.ts";
import { udp } from "./support/client.ts";
import type { Namespace } from "./support/namespace.mjs";
import { describeWith, endOf, namespaceWithTaps } from "./support/setup.ts";

const app = fileURLToPath(new URL("apps/fast-open.ts", import.meta.url));
const BOARD = "192.168.77.2";
const SERVER = "192.168.77.1";

/** Sends a text by MSG_FASTOPEN, and prints what came back and whether the data of its SYN came to be (TCPI_OPT_SYN_DATA). */
const CLIENT = `
import socket, sys
text = sys.argv[1].encode()
s = socket.socket()
s.sendto(text, 0x20000000, ("${BOARD}", 7777))
got = b""
while len(got) < len(text): got += s.recv(65536)
print(got.decode(), s.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 16)[5] & 32)
`;

/** Answers each connection with what it sent, and whether that came with its SYN. */
const LISTENER = `
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("${SERVER}", 8888))
s.setsockopt(socket.SOL_TCP, 23, 5)
s.listen(5)
while True:
    c, _ = s.accept()
    got = c.recv(65536)
    c.sendall(got + b" " + str(c.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 16)[5] & 32).encode())
    c.recv(1)
    c.close()
`;

describeWith(["python3"], "Fast Open with the kernel", () => {
	let namespace: Namespace;
	let board: Board;

	beforeAll(async () => {
		namespace = await namespaceWithTaps();
		await namespace.sysctl("net.ipv4.tcp_fastopen=3");
		namespace.spawn("python3", ["-c", LISTENER]);
		board = await Board.start(namespace, { ...twoTaps(), tcp: { fastOpen: true } }, { app });
	});

	afterAll(async () => {
		await namespace.close();
		board?.discard();
	});

	it("takes the kernel's data with the SYN, from the second connection on", async () => {
		const said: string[] = [];
		for (const text of ["first", "second", "third"]) {
			const { stdout, stderr } = await namespace.exec("python3", ["-c", CLIENT, text]);
			expect(stderr).toBe("");
			said.push(stdout.trim());
		}
		expect(said).toEqual(["first 0", "second 32", "third 32"]);
	});

	it("has its own taken by the kernel, from the second connection on", async () => {
		const said: unknown[] = [];
		for (const text of ["first", "second", "third"]) {
			const { data, error } = await udp(namespace, BOARD, 9998, Buffer.from(`${SERVER} 8888 ${text}`), 10_000);
			if (data === undefined) throw new Error(`${error ?? "no answer"}: ${board.output}`);
			said.push(JSON.parse(data.toString()));
		}
		const options = ["windowScale", "sack", "timestamps"];
		expect(said).toEqual([
			{ said: "first 0", options },
			{ said: "second 32", options: [...options, "fastOpen"] },
			{ said: "third 32", options: [...options, "fastOpen"] },
		]);
	});

	it("ends in good order, with two SYNs each way that had data", async () => {
		expect(await endOf(board)).toBe("");
		const [capture] = capturesIn(board.folder).sort();
		const lengths = await fields(capture!, "tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.len > 0", "ip.src", "tcp.len");
		expect(lengths.sort()).toEqual([
			[SERVER, "5"],
			[SERVER, "6"],
			[BOARD, "5"],
			[BOARD, "6"],
		]);
	});
});
