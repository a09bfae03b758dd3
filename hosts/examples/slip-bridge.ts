// A bridge between serial and Ethernet: who connects to port 2323 of any interface is joined to port 23 of the machine at the other end of a SLIP line.
// Bytes pass both ways as fast as the slower side takes them.
//
//	npm run simulate -- --board hosts/desktop/boards/slip-bridge.json --app hosts/examples/slip-bridge.ts

import type { Device, IO, TCP } from "./device.ts";

const PORT = 2323;
const FAR_ADDRESS = "192.168.7.2";
const FAR_PORT = 23;

/** One of the two connections of a pair. */
class Side {
	other!: Side;
	socket!: TCP;
	/** Bytes that it can read, and that can be written to it. */
	there = 0;
	room = 0;
	ended = false;
	readonly #buffer: Uint8Array;

	constructor(buffer: Uint8Array) {
		this.#buffer = buffer;
	}

	/** For the socket. */
	readonly callbacks = {
		onReadable: (bytes: number) => {
			this.there = bytes;
			this.pass();
		},
		onWritable: (bytes: number) => {
			this.room = bytes;
			this.other.pass();
		},
		onError: () => this.end(this.socket.error === "closed"),
	};

	/** Hands on what there is to read, as far as the other side has room. */
	pass(): void {
		const { other } = this;
		while (this.there > 0 && other.room > 0) {
			const count = this.socket.read(this.#buffer, 0, Math.min(this.there, other.room, this.#buffer.length));
			if (count === undefined) break;
			this.there -= count;
			other.room = other.socket.write(this.#buffer, 0, count);
		}
		if (this.ended && this.there <= 0) this.#finish();
	}

	/** `wholly`: all of it was read first. */
	end(wholly: boolean): void {
		this.ended = true;
		if (wholly) this.pass();
		else this.#close();
	}

	/** The other side may have more to say: it is told that this one has not. */
	#finish(): void {
		if (this.other.ended) this.#close();
		else this.other.socket.shutdown();
	}

	#close(): void {
		this.socket.close();
		this.other.socket.close();
	}
}

function join(io: IO, from: TCP, buffer: Uint8Array): void {
	const near = new Side(buffer);
	const far = new Side(buffer);
	near.other = far;
	far.other = near;
	try {
		far.socket = new io.TCP({ address: FAR_ADDRESS, port: FAR_PORT, ...far.callbacks });
	} catch {
		from.close(); // all sockets are in use
		return;
	}
	near.socket = new io.TCP({ from, ...near.callbacks });
}

export default function bridge({ io }: Device): void {
	// One buffer for all: reading and writing never cross a callback.
	const buffer = new Uint8Array(1460);
	new io.Listener({
		port: PORT,
		onReadable(connections) {
			for (; connections > 0; connections--) {
				const from = this.read();
				if (from !== undefined) join(io, from, buffer);
			}
		},
	});
}
