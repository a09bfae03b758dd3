// The lab's server as a script uses it: `npm run simulate -- --control`.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { decode } from "../../hosts/lab/decode/decode.ts";
import type { Message, PacketBytes, PacketSummary, Request } from "../../hosts/lab/protocol.ts";
import type { Status } from "../../src/status/status.ts";
import { freePorts, Simulation } from "./support/simulation.ts";

type Without<T> = T extends unknown ? Omit<T, "id"> : never;

/** One connection. */
class Client {
	readonly messages: Message[] = [];
	readonly #socket: WebSocket;
	#id = 0;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data) => this.messages.push(JSON.parse(String(data)) as Message));
	}

	static async open(address: string): Promise<Client> {
		const socket = new WebSocket(address);
		const client = new Client(socket);
		await new Promise((done, failed) => socket.once("open", done).once("error", failed));
		return client;
	}

	async ask(request: Without<Request>): Promise<unknown> {
		return this.text(JSON.stringify({ id: ++this.#id, ...request }), this.#id);
	}

	async text(text: string, id = 0): Promise<unknown> {
		this.#socket.send(text);
		const answer = await until(() => this.messages.find((message) => "answer" in message && message.answer === id), 5000);
		this.messages.splice(this.messages.indexOf(answer), 1);
		if ("wrong" in answer) throw new Error(answer.wrong);
		return (answer as { result: unknown }).result;
	}

	get packets(): PacketSummary[] {
		return this.messages.flatMap((message) => ("packets" in message ? message.packets : []));
	}

	close(): void {
		this.#socket.terminate();
	}
}

async function until<T>(look: () => T | null | undefined | false | Promise<T | false>, ms = 20_000): Promise<T> {
	for (const end = Date.now() + ms; Date.now() < end; await new Promise((done) => setTimeout(done, 10))) {
		const found = await look();
		if (found !== undefined && found !== null && found !== false) return found;
	}
	throw new Error(`not within ${ms} ms: ${look.toString()}`);
}

describe("the lab's server", () => {
	const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
	let run: Simulation;
	let address: string;
	let web: string;
	let client: Client;

	beforeAll(async () => {
		const [port] = await freePorts(1);
		web = `http://127.0.0.1:${port}`;
		const board = join(folder, "lab.json");
		const eth0 = {
			name: "eth0",
			wire: "gateway",
			addresses: ["192.168.77.2/24"],
			gateway: "192.168.77.1",
			forward: { [port!]: 80 },
		};
		writeFileSync(
			board,
			JSON.stringify({ interfaces: [eth0, { name: "sl0", link: "slip", wire: "pty", addresses: ["10.0.0.1/24"] }] }),
		);
		run = new Simulation(["--board", board, "--control", "0"], { patienceMs: 100_000 });
		await run.until(/control (ws:\S+)/);
		address = /control (ws:\S+)/.exec(run.text)![1]!;
		await until(() => run.text.includes(web));
		client = await Client.open(address);
	}, 120_000);

	afterAll(async () => {
		client?.close();
		await run.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	const status = async () => (await client.ask({ board: "lab", do: "status" })) as Status;
	const reached = () =>
		fetch(`${web}/`, { signal: AbortSignal.timeout(1500) }).then(
			({ ok }) => ok,
			() => false,
		);

	it("says first what there is", async () => {
		await until(() => client.messages.length > 0);
		expect(client.messages[0]).toMatchObject({
			hello: 1,
			boards: [{ name: "lab", file: { interfaces: [{ name: "eth0" }, { name: "sl0" }] } }],
		});
	});

	it("tells the status, to several at once", async () => {
		const [one, other] = await Promise.all([status(), status()]);
		for (const { interfaces } of [one, other]) expect(interfaces.map(({ name }) => name)).toEqual(["lo", "eth0", "sl0"]);
	});

	it("tells of packets while they pass, and shows their bytes", async () => {
		await client.ask({ do: "watch", after: 0 });
		expect(await reached()).toBe(true);
		const packet = await until(() => client.packets.find(({ info }) => info.includes("HTTP/1.1 200 OK")));
		expect(packet).toMatchObject({ board: "lab", interface: "eth0", inbound: false, source: "192.168.77.2", protocol: "TCP" });
		expect(Math.abs(packet.ms - Date.now())).toBeLessThan(20_000);
		const { linkType, base64 } = (await client.ask({ do: "packet", number: packet.number })) as PacketBytes;
		const bytes = Buffer.from(base64, "base64");
		expect(bytes.length).toBe(packet.length);
		expect(decode(bytes, linkType).info).toBe(packet.info);
		const numbers = client.packets.map(({ number }) => number);
		expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
		await client.ask({ do: "unwatch" });
	});

	it("counts the packets that it does not tell of", async () => {
		const other = await Client.open(address);
		await other.ask({ do: "watch" });
		await (await fetch(`${web}/bytes/3000000`)).arrayBuffer();
		const told = () =>
			other.messages.reduce((sum, message) => sum + ("packets" in message ? message.packets.length + message.missing : 0), 0);
		await until(() => told() > 2000);
		expect(other.messages.some((message) => "packets" in message && message.missing > 0)).toBe(true);
		const last = other.packets.at(-1)!.number;
		expect(last - told()).toBeGreaterThanOrEqual(0);
		other.close();
	});

	it("takes a link down and up", async () => {
		await client.ask({ board: "lab", do: "link", interface: "eth0", up: false });
		expect((await status()).interfaces[1]).toMatchObject({ name: "eth0", up: false });
		expect(await reached()).toBe(false);
		await client.ask({ board: "lab", do: "link", interface: "eth0", up: true });
		expect((await status()).interfaces[1]!.up).toBe(true);
		expect(await until(reached)).toBe(true);
	});

	it("changes the faults of a wire", async () => {
		await client.ask({ board: "lab", do: "faults", interface: "eth0", faults: { loss: 1 } });
		expect(await reached()).toBe(false);
		await client.ask({ board: "lab", do: "faults", interface: "eth0", faults: { delayMs: 100 } });
		const started = Date.now();
		expect(await reached()).toBe(true);
		expect(Date.now() - started).toBeGreaterThanOrEqual(200);
		await client.ask({ board: "lab", do: "faults", interface: "eth0", faults: {} });
	});

	it("adds an address and removes it", async () => {
		const addresses = async () => JSON.stringify((await status()).interfaces[1]!.addresses);
		await client.ask({ board: "lab", do: "addAddress", interface: "eth0", address: "192.168.77.9/24" });
		expect(await addresses()).toContain("192.168.77.9");
		await client.ask({ board: "lab", do: "removeAddress", interface: "eth0", address: "192.168.77.9" });
		expect(await addresses()).not.toContain("192.168.77.9");
	});

	it.each<[Without<Request>, string]>([
		[{ board: "lap", do: "status" }, 'board "lap": expected "lab"'],
		[{ board: "lab", do: "link", interface: "eth7", up: true }, 'interface "eth7": there is none of that name'],
		[{ board: "lab", do: "faults", interface: "eth0", faults: { loss: 2 } }, "loss 2: expected 0 to 1"],
		[
			{ board: "lab", do: "faults", interface: "sl0", faults: {} },
			'faults of "sl0": expected an Ethernet interface with a wire of its own',
		],
		[{ board: "lab", do: "removeAddress", interface: "eth0", address: "1.2.3.4" }, 'address "1.2.3.4": "eth0" does not have it'],
		[{ do: "packet", number: 1e9 }, "packet 1000000000: is not there any more, or not yet"],
		[{ do: "watch", after: -1 }, "after -1: expected a whole number from 0 on"],
		[{ board: "lab", do: "fly" } as never, 'do "fly": expected status, link, faults, addAddress, removeAddress'],
	])("refuses %j", async (request, expected) => {
		await expect(client.ask(request)).rejects.toThrow(expected);
		expect((await status()).interfaces).toHaveLength(3);
	});

	it("refuses what is no request", async () => {
		const long = { board: "lab", do: "addAddress", interface: "eth0", address: "ü".repeat(3000) } as const;
		await expect(client.ask(long)).rejects.toThrow("bytes: expected at most 4096");
		await expect(client.text("{")).rejects.toThrow('"{": expected JSON');
		await expect(client.text("[]")).rejects.toThrow('[]: expected {"id": a whole number, "do": what, …}');
		await expect(client.text('{"id": 1.5, "do": "watch"}')).rejects.toThrow("a whole number");
	});

	it("lets nobody in without the token, from another site, or by another name", async () => {
		const url = new URL(address);
		const refused = (path: string, headers: Record<string, string>) =>
			new Promise<number>((done, failed) => {
				const all = {
					Connection: "Upgrade",
					Upgrade: "websocket",
					"Sec-WebSocket-Version": "13",
					"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
					...headers,
				};
				get({ host: "127.0.0.1", port: url.port, path, headers: all }, (response) => done(response.statusCode!))
					.once("upgrade", (_response, socket) => {
						socket.destroy();
						done(101);
					})
					.once("error", failed);
			});
		const path = `${url.pathname}${url.search}`;
		expect(await refused("/", {})).toBe(401);
		expect(await refused("/?token=%C3%BC", {})).toBe(401);
		expect(await refused(`${path.slice(0, -1)}x`, {})).toBe(401);
		expect(await refused(path, { Origin: "http://example.com" })).toBe(403);
		expect(await refused(path, { Origin: "null" })).toBe(403);
		// What a name of somebody else says leads here: DNS rebinding.
		expect(await refused(path, { Host: `example.com:${url.port}` })).toBe(403);
		expect(await refused(path, { Origin: `http://127.0.0.1:${url.port}` })).toBe(101);
		expect(await refused(path, { Host: `localhost:${url.port}` })).toBe(101);
	});
});
