// The embedded gateway against real sockets of this machine, with a second stack in this process as the board.

import { ipText } from "../../support/frames.ts";
import { formatIpv4 } from "../../../src/address4.ts";
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answer } from "../../../hosts/desktop/gateway/dhcp-server.ts";
import { ForwardError, Gateway } from "../../../hosts/desktop/gateway/gateway.ts";
import type { GatewayOptions } from "../../../hosts/desktop/gateway/gateway.ts";
import { NodeLoop } from "../../../hosts/desktop/gateway/node-loop.ts";
import { systemResolver } from "../../../hosts/desktop/gateway/resolver.ts";
import { parseAddress } from "../../../hosts/desktop/ipv4.ts";
import { NodeStreamDevice } from "../../../hosts/desktop/node-stream-device.ts";
import { EthernetInterface } from "../../../src/link/ethernet.ts";
import { DhcpClient } from "../../../src/service/dhcp/client.ts";
import { Stack } from "../../../src/stack.ts";
import * as dhcp from "../../../src/wire/dhcp.ts";
import { ERROR, READABLE, WRITABLE } from "../../../src/transport/events.ts";
import type { Tcb } from "../../../src/transport/tcp/tcb.ts";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import * as frames from "../../support/frames.ts";

const GATEWAY = parseAddress("192.168.77.1");
const BOARD = parseAddress("192.168.77.2");

/** What a program on the board does with one connection. */
class Connection {
	readonly tcb: Tcb;
	readonly received: Buffer[] = [];
	connected = false;
	/** "" while it is open, "closed" after the peer's FIN, else the error. */
	end = "";
	/** Does not read while it is false. */
	reading = true;
	#stack: Stack;
	#toSend: Buffer = Buffer.alloc(0);
	#thenClose = false;

	constructor(stack: Stack, tcb: Tcb) {
		this.#stack = stack;
		this.tcb = tcb;
		stack.tcp.adopt(tcb, this);
	}

	onEvents(events: number): void {
		if (events & READABLE) this.read();
		if (events & WRITABLE) {
			this.connected = true;
			this.#write();
		}
		if (events & ERROR) this.end = this.tcb.error || "closed";
	}

	read(): void {
		const { tcp } = this.#stack;
		while (this.reading && tcp.readable(this.tcb) > 0) {
			const bytes = Buffer.alloc(tcp.readable(this.tcb));
			tcp.read(this.tcb, bytes, 0, bytes.length);
			this.received.push(bytes);
		}
	}

	send(bytes: Buffer, thenClose = false): void {
		this.#toSend = Buffer.concat([this.#toSend, bytes]);
		this.#thenClose = thenClose;
		this.#write();
	}

	get unsent(): number {
		return this.#toSend.length;
	}

	get text(): Buffer {
		return Buffer.concat(this.received);
	}

	#write(): void {
		const { tcp } = this.#stack;
		const taken = tcp.write(this.tcb, this.#toSend, 0, Math.min(this.#toSend.length, tcp.writable(this.tcb)));
		this.#toSend = this.#toSend.subarray(taken);
		if (this.#toSend.length === 0 && this.#thenClose) tcp.shutdown(this.tcb);
	}
}

let gateway: Gateway;
let board: Stack;
let boardLoop: NodeLoop;
let boardDevice: NodeStreamDevice;
let folder: string;
const servers: Server[] = [];
const sockets: Socket[] = [];

async function setUp(options: Partial<GatewayOptions> = {}): Promise<void> {
	folder = mkdtempSync(join(tmpdir(), "multihome-gateway-"));
	gateway = new Gateway({ address: GATEWAY, prefixLength: 24, board: BOARD, ...options });
	await gateway.open();
	await gateway.listen(join(folder, "wire"));
	boardLoop = new NodeLoop();
	let state = 1;
	board = new Stack({
		sockets: { tcp: 300, udp: 8, receiveBuffer: 5840, sendBuffer: 5840 },
		packets: 64,
		random32: () => (state = Math.imul(state, 1_664_525) + 1_013_904_223) | 0,
		onWake: () => boardLoop.wake(),
	});
	boardDevice = new NodeStreamDevice(new Uint8Array([2, 0, 0, 0, 0, 2]));
	const link = board.interfaces.add(new EthernetInterface("eth0", boardDevice));
	link.ip.insertAddress(ipText(BOARD), 24);
	board.routes.add({ prefix: "0.0.0.0/0", gateway: "192.168.77.1", interface: link });
	boardDevice.plug(connect(join(folder, "wire")));
	boardLoop.run(board);
	await until(() => link.up && gateway.stack.interfaces.find("gateway")!.up, "the link");
}

beforeEach(() => setUp());

afterEach(() => {
	for (const socket of sockets.splice(0)) socket.destroy();
	for (const server of servers.splice(0)) server.close();
	gateway.close();
	boardLoop.close();
	boardDevice.close();
	rmSync(folder, { recursive: true });
});

async function until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
	const end = Date.now() + ms;
	while (!condition()) {
		if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
		await new Promise((done) => setTimeout(done, 2));
	}
}

/** A TCP server of this machine. Answers its port. */
async function serve(onConnection: (socket: Socket) => void): Promise<number> {
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		sockets.push(socket);
		socket.on("error", () => undefined);
		onConnection(socket);
	});
	servers.push(server);
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	return (server.address() as AddressInfo).port;
}

function dial(port: number, address = GATEWAY): Connection {
	return new Connection(board, board.tcp.connect(ipText(address), port));
}

function hash(bytes: Buffer): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/** A port of 127.0.0.1 where nobody listens. */
async function closedPort(): Promise<number> {
	const port = await serve(() => undefined);
	await new Promise<void>((done) => servers.pop()!.close(() => done()));
	return port;
}

/** Sockets of the board return to their number, and so do those of the gateway. */
async function nothingLeft(): Promise<void> {
	await until(() => gateway.connections.tcp === 0, "the gateway to forget its connections");
	await until(() => gateway.stack.tcp.available === 511, "the gateway's sockets to be free");
}

describe("loopback stays on the board (RFC 1122 §3.2.1.3 g)", () => {
	it("frames for 127.0.0.0/8 reach nobody on this machine, and are not answered", async () => {
		await setUp();
		let reached = 0;
		const server = createServer((socket) => {
			reached++;
			socket.destroy();
		});
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
		servers.push(server);
		const { port } = server.address() as AddressInfo;
		const listener = createSocket("udp4");
		listener.on("message", () => reached++);
		await new Promise<void>((done) => listener.bind(port, "127.0.0.1", done));
		const heard: Uint8Array[] = [];
		boardDevice.admit = (frame) => {
			heard.push(frame.slice());
			return true;
		};
		const ends = { source: "192.168.77.2", destination: "127.0.0.1", sourcePort: 4000, destinationPort: port };
		for (const packet of [
			frames.tcp({ ...ends, seq: 1, flags: 2, window: 1000 }),
			frames.udp(ends, [1, 2, 3]),
			frames.icmp({ ...ends, type: 8 }, [0, 1, 0, 1]),
		])
			boardDevice.send(frames.ethernet([0x02, 0x6d, 0x68, 0x67, 0x77, 0x01], [2, 0, 0, 0, 0, 2], 0x0800, packet));
		await new Promise((done) => setTimeout(done, 300));
		listener.close();
		expect({ reached, connections: gateway.connections }).toEqual({ reached: 0, connections: { tcp: 0, udp: 0 } });
		const sources = heard.filter((frame) => frame[12] === 8 && frame[13] === 0).map((frame) => frame[26]);
		expect(sources).not.toContain(127);
	});
});

describe("TCP from the board", () => {
	it("reaches a service of this machine at the gateway's address, both ways, with every byte right", async () => {
		const bytes = randomBytes(2_000_000);
		let heard = "";
		const port = await serve((socket) => {
			const all: Buffer[] = [];
			socket.on("data", (chunk) => all.push(chunk));
			socket.on("end", () => {
				heard = hash(Buffer.concat(all));
				socket.end(bytes);
			});
		});
		const connection = dial(port);
		await until(() => connection.connected, "the connection");
		connection.send(bytes, true);
		await until(() => connection.end !== "", "the end");
		expect(connection.end).toBe("closed");
		expect(heard).toBe(hash(bytes));
		expect(hash(connection.text)).toBe(hash(bytes));
		board.tcp.close(connection.tcb);
		await nothingLeft();
	});

	it("is refused where nobody listens, without having been connected", async () => {
		const connection = dial(await closedPort());
		await until(() => connection.end !== "", "the refusal", 3000);
		expect(connection.connected).toBe(false);
		expect(connection.end).toBe("refused");
		board.tcp.close(connection.tcb);
		expect(gateway.connections.tcp).toBe(0);
	});

	it("may be half-closed by this machine while the board goes on", async () => {
		let heard = Buffer.alloc(0);
		const port = await serve((socket) => {
			socket.end("no more");
			socket.on("data", (chunk) => (heard = Buffer.concat([heard, chunk])));
		});
		const connection = dial(port);
		await until(() => connection.end === "closed", "this machine's FIN");
		expect(connection.text.toString()).toBe("no more");
		connection.send(Buffer.from("still here"), true);
		await until(() => heard.length === 10, "the board's words");
		board.tcp.close(connection.tcb);
		await nothingLeft();
	});

	it("is reset when this machine resets, and resets this machine when the board does", async () => {
		const resets: string[] = [];
		let served: Socket | undefined;
		const port = await serve((socket) => {
			served = socket;
			socket.on("error", (error) => resets.push((error as NodeJS.ErrnoException).code!));
		});
		const first = dial(port);
		await until(() => first.connected && served !== undefined, "the connection");
		served!.resetAndDestroy();
		await until(() => first.end !== "", "the reset");
		expect(first.end).toBe("reset");
		board.tcp.close(first.tcb);
		served = undefined;
		const second = dial(port);
		await until(() => second.connected && served !== undefined, "the connection");
		board.tcp.abort(second.tcb);
		await until(() => resets.length > 0, "the reset");
		expect(resets).toEqual(["ECONNRESET"]);
		await nothingLeft();
	});

	it("holds this machine back while the board does not read, and loses nothing", async () => {
		const bytes = randomBytes(20_000_000);
		let socket: Socket | undefined;
		const port = await serve((accepted) => {
			socket = accepted;
			accepted.end(bytes);
		});
		const connection = dial(port);
		connection.reading = false;
		await until(() => connection.connected, "the connection");
		await new Promise((done) => setTimeout(done, 300));
		expect(board.tcp.readable(connection.tcb)).toBeGreaterThanOrEqual(4 * 1448); // with timestamps
		// Kernel buffers and the gateway's together hold a few megabytes at most: the rest waits with its sender.
		expect(socket!.writableLength).toBeGreaterThan(10_000_000);
		connection.reading = true;
		connection.read();
		await until(() => connection.end !== "", "the end", 60_000);
		expect(hash(connection.text)).toBe(hash(bytes));
		board.tcp.close(connection.tcb);
		await nothingLeft();
	});

	it("holds the board back while this machine does not read", async () => {
		let socket: Socket | undefined;
		let length = 0;
		const port = await serve((accepted) => {
			socket = accepted;
			accepted.pause();
			accepted.on("data", (chunk) => (length += chunk.length));
			accepted.pause();
		});
		const connection = dial(port);
		await until(() => connection.connected, "the connection");
		connection.send(Buffer.alloc(20_000_000), true);
		await new Promise((done) => setTimeout(done, 500));
		expect(connection.unsent).toBeGreaterThan(5_000_000);
		socket!.resume();
		await until(() => length === 20_000_000, "all bytes", 60_000);
		socket!.end();
		await until(() => connection.end === "closed", "the end");
		board.tcp.close(connection.tcb);
		await nothingLeft();
	});

	it("carries many connections at the same time", async () => {
		const port = await serve((socket) => socket.pipe(socket));
		const all = Array.from({ length: 200 }, (_, i) => {
			const connection = dial(port);
			const bytes = randomBytes(1000 + i * 37);
			connection.send(bytes, true);
			return { connection, bytes };
		});
		for (const { connection, bytes } of all) {
			await until(() => connection.end !== "", "the echo");
			expect(connection.end).toBe("closed");
			expect(hash(connection.text)).toBe(hash(bytes));
			board.tcp.close(connection.tcb);
		}
		await nothingLeft();
	});
});

describe("ports of this machine that lead to the board", () => {
	function echoOnBoard(port: number): void {
		const listener = board.tcp.listen("", port, 32, 0);
		listener.owner = {
			onEvents: () => {
				for (let tcb = board.tcp.accept(listener); tcb !== undefined; tcb = board.tcp.accept(listener)) {
					const accepted = tcb;
					const connection = new Connection(board, tcb);
					const original = connection.onEvents.bind(connection);
					let done = 0;
					connection.onEvents = (events) => {
						original(events);
						for (; done < connection.received.length; done++) connection.send(connection.received[done]!);
						if (connection.end !== "") {
							if (connection.unsent === 0) board.tcp.close(accepted);
							else connection.send(Buffer.alloc(0), true);
						}
					};
				}
			},
		};
	}

	async function forwarded(to: number, udp = false): Promise<number> {
		const from = await closedPort();
		gateway.close();
		boardLoop.close();
		boardDevice.close();
		rmSync(folder, { recursive: true });
		await setUp({ forwards: [{ udp, from, to, key: String(from) }] });
		return from;
	}

	it("carry TCP, with every byte right", async () => {
		const port = await forwarded(7);
		echoOnBoard(7);
		const bytes = randomBytes(500_000);
		const all: Buffer[] = [];
		const socket = connect({ port, host: "127.0.0.1" });
		sockets.push(socket);
		const ended = new Promise<void>((done, failed) => socket.on("end", done).on("error", failed));
		socket.on("data", (chunk) => {
			all.push(chunk);
			if (Buffer.concat(all).length === bytes.length) socket.end();
		});
		socket.write(bytes);
		await ended;
		expect(hash(Buffer.concat(all))).toBe(hash(bytes));
		await nothingLeft();
	});

	it("are reset where the board does not listen", async () => {
		const port = await forwarded(80);
		const socket = connect({ port, host: "127.0.0.1" });
		sockets.push(socket);
		const error = await new Promise<NodeJS.ErrnoException>((done) => socket.on("error", done));
		expect(error.code).toBe("ECONNRESET");
		await nothingLeft();
	});

	it("carry UDP, each peer with a port of its own", async () => {
		const port = await forwarded(7, true);
		const server = board.udp.open("", 7, 0);
		const buffer = Buffer.alloc(2000);
		const seen = new Set<number>();
		server.owner = {
			onEvents: () => {
				while (board.udp.pending(server) > 0) {
					const length = board.udp.read(server, buffer, 0, buffer.length);
					expect(server.fromAddress).toBe(ipText(GATEWAY));
					seen.add(server.fromPort);
					board.udp.send(server, server.fromAddress, server.fromPort, buffer, 0, length);
				}
			},
		};
		const answers = await Promise.all(
			["one", "two", "three"].map(
				(word) =>
					new Promise<string>((done) => {
						const socket = createSocket("udp4");
						socket.on("message", (data) => {
							socket.close();
							done(data.toString());
						});
						socket.send(word, port, "127.0.0.1");
					}),
			),
		);
		expect(answers).toEqual(["one", "two", "three"]);
		expect(seen.size).toBe(3);
		expect(gateway.connections.udp).toBe(3);
	});

	it("say which port is in use", async () => {
		const port = await serve(() => undefined);
		const forward = { udp: false, from: port, to: 80, key: String(port) };
		const second = new Gateway({ address: GATEWAY, prefixLength: 24, board: BOARD, forwards: [forward] });
		const error = await second.open().catch((reason: unknown) => reason);
		second.close();
		expect(error).toBeInstanceOf(ForwardError);
		expect(error).toMatchObject({ forward, code: "EADDRINUSE" });
	});
});

describe("UDP from the board", () => {
	function ask(socket: UdpSocket, address: number, port: number, text: string): void {
		const data = Buffer.from(text);
		board.udp.send(socket, ipText(address), port, data, 0, data.length);
	}

	function hear(socket: UdpSocket): { text: string; address: string; port: number }[] {
		const heard: { text: string; address: string; port: number }[] = [];
		const buffer = Buffer.alloc(2000);
		socket.owner = {
			onEvents: () => {
				while (board.udp.pending(socket) > 0) {
					const length = board.udp.read(socket, buffer, 0, buffer.length);
					heard.push({ text: buffer.toString("latin1", 0, length), address: socket.fromAddress, port: socket.fromPort });
				}
			},
		};
		return heard;
	}

	it("reaches this machine at the gateway's address, and the answer comes from there", async () => {
		const server = createSocket("udp4");
		await new Promise<void>((done) => server.bind(0, "127.0.0.1", done));
		server.on("message", (data, from) => server.send(`${data.toString()}!`, from.port, from.address));
		const { port } = server.address();
		const socket = board.udp.open("", 4000, 0);
		const heard = hear(socket);
		for (let i = 0; i < 20; i++) {
			ask(socket, GATEWAY, port, `hello ${i}`);
			// A few may wait for ARP, and in a socket; no more.
			if (i % 2 === 0) await until(() => heard.length === i + 1, "the answer");
		}
		await until(() => heard.length === 20, "the answers");
		expect(heard.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, i) => `hello ${i}!`));
		expect(heard.every((each) => each.address === ipText(GATEWAY) && each.port === port)).toBe(true);
		expect(gateway.connections.udp).toBe(1);
		server.close();
	});

	it("asks the machine's resolver at port 53 of the gateway's address", async () => {
		const server = createSocket("udp4");
		await new Promise<void>((done) => server.bind(0, "127.0.0.1", done));
		server.on("message", (data, from) => server.send(`answer to ${data.toString()}`, from.port, from.address));
		gateway.close();
		boardLoop.close();
		boardDevice.close();
		rmSync(folder, { recursive: true });
		await setUp({ resolver: { address: "127.0.0.1", port: server.address().port } });
		const socket = board.udp.open("", 4001, 0);
		const heard = hear(socket);
		ask(socket, GATEWAY, 53, "a name");
		await until(() => heard.length === 1, "the answer");
		expect(heard).toEqual([{ text: "answer to a name", address: ipText(GATEWAY), port: 53 }]);
		server.close();
	});

	it("is bounded: the port that was silent for longest makes room", async () => {
		const server = createSocket("udp4");
		let count = 0;
		await new Promise<void>((done) => server.bind(0, "127.0.0.1", done));
		server.on("message", () => count++);
		const socket = board.udp.open("", 5000, 0);
		for (let i = 0; i < 600; i++) {
			const data = Buffer.from("x");
			board.udp.sendFrom(socket, ipText(GATEWAY), server.address().port, data, 0, 1, ipText(BOARD), 10_000 + i);
			if (i % 3 === 0) await until(() => count === i + 1, "the datagram");
		}
		await until(() => count === 600, "all datagrams");
		expect(gateway.connections.udp).toBe(512);
		server.close();
	});
});

describe("DHCP on the gateway's wire", () => {
	it("gives the board its address, the gateway as router and name server, and takes it back", async () => {
		const link = board.interfaces.find("eth0") as EthernetInterface;
		board.routes.removeWhere((route) => !route.connected && route.link === link);
		link.removeAddress(link.addresses[0]!);
		const states: string[] = [];
		const client = new DhcpClient(board, link, {
			probes: 0,
			onChanged() {
				states.push(this.state.state);
			},
		});
		await until(() => states.at(-1) === "bound", "the address");
		expect(client.state).toMatchObject({
			address: formatIpv4(BOARD),
			prefixLength: 24,
			server: formatIpv4(GATEWAY),
			router: formatIpv4(GATEWAY),
			dns: [formatIpv4(GATEWAY)],
			leaseSeconds: 3600,
			ignored: 0,
		});
		states.length = 0;
		client.renew();
		await until(() => states.at(-1) === "bound", "more time");
		expect(states[0]).toBe("renewing");
		const connection = dial(await serve((socket) => socket.end("hello")));
		await until(() => connection.end !== "", "the end");
		connection.read();
		expect(connection.text.toString()).toBe("hello");
		client.close();
		expect(link.addresses).toEqual([]);
	});

	it("refuses another address, and says nothing to another server's client and to what is no DHCP", () => {
		const lent = { address: BOARD, prefixLength: 24, gateway: GATEWAY };
		const mac = new Uint8Array([2, 0, 0, 0, 0, 2]);
		const message = (type: number, requested: number, server: number, op = 1) => {
			const bytes = new Uint8Array(400);
			const view = new DataView(bytes.buffer);
			let at = dhcp.addByte(view, dhcp.begin(view, 0, op, 7, mac), dhcp.MESSAGE_TYPE, type);
			if (requested !== 0) at = dhcp.addWord(view, at, dhcp.REQUESTED_ADDRESS, requested);
			if (server !== 0) at = dhcp.addWord(view, at, dhcp.SERVER_ID, server);
			return bytes.subarray(0, dhcp.finish(view, 0, at));
		};
		const kind = (bytes: Uint8Array) => {
			const answered = answer(bytes, lent)?.bytes;
			if (answered === undefined) return undefined;
			return dhcp.options(new DataView(answered.buffer), 0, answered.length).get(dhcp.MESSAGE_TYPE)![0];
		};
		expect(kind(message(dhcp.DISCOVER, 0, 0))).toBe(dhcp.OFFER);
		expect(kind(message(dhcp.REQUEST, BOARD, GATEWAY))).toBe(dhcp.ACK);
		expect(kind(message(dhcp.REQUEST, BOARD, 0))).toBe(dhcp.ACK);
		expect(kind(message(dhcp.REQUEST, BOARD + 1, GATEWAY))).toBe(dhcp.NAK);
		expect(kind(message(dhcp.REQUEST, BOARD, GATEWAY + 9))).toBe(undefined);
		expect(kind(message(dhcp.RELEASE, 0, GATEWAY))).toBe(undefined);
		expect(kind(message(dhcp.DISCOVER, 0, 0, 2))).toBe(undefined);
		expect(kind(message(dhcp.DISCOVER, 0, 0).subarray(0, 239))).toBe(undefined);
		expect(kind(new Uint8Array(0))).toBe(undefined);
	});
});

describe("the resolver", () => {
	it("is the first name server of resolv.conf", () => {
		const path = join(folder, "resolv.conf");
		writeFileSync(path, "# nameserver 1.1.1.1\nsearch x\n  nameserver 10.0.0.53 # ours\nnameserver 10.0.0.54\n");
		expect(systemResolver(path)).toEqual({ address: "10.0.0.53", port: 53 });
		writeFileSync(path, "nameserver fe80::1%eth0\n");
		expect(systemResolver(path)).toEqual({ address: "fe80::1%eth0", port: 53 });
	});

	it("is this machine where there is none", () => {
		expect(systemResolver(join(folder, "nowhere"))).toEqual({ address: "127.0.0.1", port: 53 });
	});
});
