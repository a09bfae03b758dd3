// A null-modem cable between two UARTs, `null:NAME`: two UNIX stream sockets of bare bytes. What comes in by one goes out by the other; while nobody is there it is lost.

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

export class NullModem {
	readonly #servers: Server[] = [];
	readonly #ends: (Socket | undefined)[] = [];

	/** Adds an end at `path`, for one UART. */
	async listen(path: string): Promise<void> {
		const end = this.#servers.length;
		const server = createServer((socket) => this.#plug(end, socket));
		this.#servers.push(server);
		await new Promise<void>((done, failed) => server.once("error", failed).listen(path, done));
	}

	close(): void {
		for (const server of this.#servers) server.close();
		for (const socket of this.#ends) socket?.destroy();
	}

	#plug(end: number, socket: Socket): void {
		this.#ends[end] = socket;
		socket.setNoDelay();
		socket.on("data", (chunk) => {
			const other = this.#ends[1 - end];
			// A UART that does not read stops the one that sends.
			if (other !== undefined && !other.write(chunk)) {
				socket.pause();
				other.once("drain", () => socket.resume());
				other.once("close", () => socket.resume());
			}
		});
		socket.on("error", () => socket.destroy());
		socket.on("close", () => {
			this.#ends[end] = undefined;
		});
	}
}
