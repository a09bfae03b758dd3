// Beside @moddable/typings: what instances can do when these names are multihome's. Its constructors cannot be added to: README.md says what to do instead.

import type { Bytes, Sender, TCPError } from "multihome";

declare module "embedded:io/socket/tcp" {
	export default interface TCP {
		/** Fills `buffer`, or a part of it, and answers how many bytes came. */
		read(buffer: Bytes, byteOffset?: number, byteLength?: number): number | undefined;
		/** Answers how many bytes can still be written. */
		write(data: Bytes | number, byteOffset?: number, byteLength?: number): number;
		/** Sends what was written, then FIN; what the peer still sends can be read. */
		shutdown(): void;
		readonly localAddress: string | undefined;
		readonly localPort: number | undefined;
		/** Why `onError` was called. */
		readonly error: TCPError | undefined;
		target?: unknown;
	}
}

declare module "embedded:io/socket/listener" {
	export default interface Listener {
		close(): void;
		target?: unknown;
	}
}

declare module "embedded:io/socket/udp" {
	export default interface UDP {
		/** Copies the next datagram into `buffer`, and answers how many bytes; undefined when none waits. */
		read(buffer: Bytes & Partial<Sender>): number | undefined;
		/** Sends the first `byteLength` bytes of `data`. */
		write(data: Bytes, address: string, port: number, byteLength?: number): void;
		close(): void;
		readonly port: number;
		readonly address: string;
		target?: unknown;
	}
}
