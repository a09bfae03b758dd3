// A virtual Ethernet segment, `segment:NAME`: a hub of UNIX stream sockets. What comes in by one port goes out by all others.

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { FrameReader, FrameWriter, LENGTH_BYTES } from "./frame-stream.ts";

interface Port {
	socket: Socket;
	writer: FrameWriter;
}

export class Segment {
	readonly #ports = new Set<Port>();
	readonly #servers: Server[] = [];
	/** Frames that a port had no room for. */
	dropped = 0;

	/** Adds a socket at `path`, for one board. */
	async listen(path: string): Promise<void> {
		const server = createServer((socket) => this.plug(socket));
		this.#servers.push(server);
		await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
	}

	plug(socket: Socket): void {
		const port = { socket, writer: new FrameWriter(socket) };
		const reader = new FrameReader();
		this.#ports.add(port);
		socket.on("data", (chunk) => {
			try {
				reader.push(chunk, (buffer, at, end) => this.#repeat(port, buffer.subarray(at - LENGTH_BYTES, end)));
			} catch (error) {
				socket.destroy(error as Error);
			}
		});
		// A board that ends takes its plug out; nobody else is concerned.
		socket.on("error", () => socket.destroy());
		socket.on("close", () => this.#ports.delete(port));
	}

	close(): void {
		for (const server of this.#servers) server.close();
		for (const { socket } of this.#ports) socket.destroy();
	}

	#repeat(from: Port, framed: Buffer): void {
		for (const port of this.#ports) {
			if (port === from) continue;
			if (port.writer.full) this.dropped++;
			else port.writer.writeFramed(framed);
		}
	}
}
