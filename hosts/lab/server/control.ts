// The lab's server: whoever has the token may watch the boards and change them, over a WebSocket of 127.0.0.1.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { BoardAction, BoardFile } from "../../desktop/config.ts";
import { VERSION, type Message, type PacketBytes, type PacketSummary, type Request } from "../protocol.ts";
import type { PacketStore } from "./packet-store.ts";

/** How often packets are told of, ms, and how many at most then. */
const TELL_MS = 50;
const TELL_MOST = 100;
/** What may wait for one who reads slowly before he is told of no packets, bytes. */
const BACKLOG = 1 << 20;
/** Longest request, bytes. */
const LONGEST = 65_536;
const TOKEN_BYTES = 16;

/** A board as the server sees it. */
export interface ServedBoard {
	readonly name: string;
	readonly file: BoardFile;
	/** Asks the running board; rejects with what is wrong. */
	ask(action: BoardAction): Promise<unknown>;
}

interface Client {
	readonly socket: WebSocket;
	/** The last packet that it was told of; -1: it does not watch. */
	told: number;
}

export class ControlServer {
	readonly #boards: readonly ServedBoard[];
	readonly #packets: PacketStore;
	readonly #token = randomBytes(TOKEN_BYTES).toString("hex");
	readonly #http: Server;
	readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: LONGEST });
	readonly #clients = new Set<Client>();
	readonly #timer: NodeJS.Timeout;

	constructor(boards: readonly ServedBoard[], packets: PacketStore) {
		this.#boards = boards;
		this.#packets = packets;
		this.#http = createServer((_request, response) => response.writeHead(404).end());
		this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		this.#timer = setInterval(() => this.#tellPackets(), TELL_MS);
		this.#timer.unref();
	}

	/** Listens on that port of 127.0.0.1, 0 for any; answers the address with the token. Rejects with Error whose `code` is the system's. */
	async listen(port: number): Promise<string> {
		await new Promise<void>((done, failed) => this.#http.once("error", failed).listen(port, "127.0.0.1", done));
		return `ws://127.0.0.1:${this.#port}/?token=${this.#token}`;
	}

	/** Tells everybody. */
	tell(message: Message): void {
		for (const { socket } of this.#clients) send(socket, message);
	}

	close(): void {
		clearInterval(this.#timer);
		for (const { socket } of this.#clients) socket.terminate();
		this.#http.close();
	}

	get #port(): number {
		return (this.#http.address() as AddressInfo).port;
	}

	/** Only for who was shown the token, and asks for this machine by its own name: a page of another site has neither, whatever its name leads to. */
	#upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		socket.on("error", () => socket.destroy());
		const hosts = [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
		const { host = "", origin } = request.headers;
		if (!hosts.includes(host)) return refuse(socket, "403 Forbidden", `Host ${host}: expected ${hosts[0]}`);
		if (origin !== undefined && !hosts.some((each) => origin === `http://${each}`))
			return refuse(socket, "403 Forbidden", `Origin ${origin}: expected http://${hosts[0]}, or none`);
		const token = new URL(request.url ?? "/", `http://${hosts[0]}`).searchParams.get("token") ?? "";
		if (!same(token, this.#token))
			return refuse(socket, "401 Unauthorized", "token: expected the one that was printed at the start");
		this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#open(opened));
	}

	#open(socket: WebSocket): void {
		const client: Client = { socket, told: -1 };
		this.#clients.add(client);
		socket.on("close", () => this.#clients.delete(client));
		// What is no WebSocket ends the connection.
		socket.on("error", () => socket.terminate());
		socket.on("message", (data) => void this.#hear(client, String(data)));
		send(socket, { hello: VERSION, boards: this.#boards.map(({ name, file }) => ({ name, file })) });
	}

	async #hear(client: Client, text: string): Promise<void> {
		let answer = 0;
		try {
			const request = requestOf(text);
			answer = request.id;
			send(client.socket, { answer, result: (await this.#do(client, request)) ?? null });
		} catch (error) {
			send(client.socket, { answer, wrong: (error as Error).message });
		}
	}

	#do(client: Client, request: Request): Promise<unknown> | unknown {
		switch (request.do) {
			case "packet": {
				const packet = this.#packets.get(request.number);
				if (packet === undefined) throw new RangeError(`packet ${String(request.number)}: is not there any more, or not yet`);
				return { linkType: packet.linkType, base64: Buffer.from(packet.bytes).toString("base64") } satisfies PacketBytes;
			}
			case "watch": {
				const { after = this.#packets.last } = request;
				if (!Number.isInteger(after) || after < 0)
					throw new RangeError(`after ${String(after)}: expected a whole number from 0 on`);
				client.told = Math.min(after, this.#packets.last);
				return undefined;
			}
			case "unwatch":
				client.told = -1;
				return undefined;
			default: {
				const { id: _, board: name, ...action } = request;
				const board = this.#boards.find((each) => each.name === name);
				if (board === undefined)
					throw new RangeError(
						`board ${JSON.stringify(name)}: expected ${this.#boards.map((each) => `"${each.name}"`).join(" or ")}`,
					);
				return board.ask(action);
			}
		}
	}

	/** The newest to each who watches. One who reads slowly is told of fewer, and how many those are. */
	#tellPackets(): void {
		for (const client of this.#clients) {
			const { last } = this.#packets;
			if (client.told < 0 || client.told === last || client.socket.bufferedAmount > BACKLOG) continue;
			const first = Math.max(client.told, last - TELL_MOST) + 1;
			const packets: PacketSummary[] = [];
			for (let number = first; number <= last; number++) {
				const summary = this.#packets.summary(number);
				if (summary !== undefined) packets.push(summary);
			}
			send(client.socket, { packets, missing: last - client.told - packets.length });
			client.told = last;
		}
	}
}

function send(socket: WebSocket, message: Message): void {
	if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function requestOf(text: string): Request {
	let request;
	try {
		request = JSON.parse(text) as Request;
	} catch {
		throw new TypeError(`${JSON.stringify(text.slice(0, 40))}: expected JSON`);
	}
	if (typeof request !== "object" || request === null || !Number.isInteger(request.id) || typeof request.do !== "string")
		throw new TypeError(`${text.slice(0, 80)}: expected {"id": a whole number, "do": what, …}`);
	return request;
}

function same(a: string, b: string): boolean {
	const [one, other] = [Buffer.from(a), Buffer.from(b)];
	return one.length === other.length && timingSafeEqual(one, other);
}

function refuse(socket: Duplex, status: string, reason: string): void {
	socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${reason}\n`);
}
