// Connections to the services of a board whose every byte is known beforehand, so that what comes back can be compared.

import type { TCP } from "../../src/io/types.ts";
import { ascii } from "../support/frames.ts";
import type { Place } from "./load.ts";

const CHUNK = 1460;
/** Lines of the character generator: RFC 864. */
const LINE = 74;
const PRINTING = 95;
/** The period of /bytes, of which each is the next number. */
const PERIOD = 251;

/** What a connection does: the service's port, what it sends, what must come back, and whether that is read. */
export interface Kind {
	port: number;
	/** Said once, in the place of bytes without end. */
	says?: Uint8Array<ArrayBuffer>;
	sends?: (at: number) => number;
	expects?: (at: number) => number;
	/** Answers have a head before what is expected. */
	head?: boolean;
	reads?: boolean;
}

const pattern = (at: number) => (Math.imul(at, 31) ^ (at >> 8)) & 0xff;

function character(at: number): number {
	const place = at % LINE;
	if (place >= LINE - 2) return place === LINE - 2 ? 13 : 10;
	return 32 + ((Math.floor(at / LINE) + place) % PRINTING);
}

const bytes: Kind = {
	port: 80,
	says: ascii(`GET /bytes/${2 ** 31 - 1} HTTP/1.1\r\nHost: 192.168.77.2\r\n\r\n`),
	expects: (at) => at % PERIOD,
	head: true,
};

export const KINDS = {
	echo: { port: 7, sends: pattern, expects: pattern },
	discard: { port: 9, sends: pattern },
	chargen: { port: 19, expects: character },
	bytes,
	/** These never read. */
	echoUnread: { port: 7, sends: pattern, reads: false },
	chargenUnread: { port: 19, reads: false },
	bytesUnread: { ...bytes, reads: false },
	/** This one never comes to an end. */
	half: { port: 80, says: ascii("GET /sta") },
} satisfies Record<string, Kind>;

export class Talk {
	/** Bytes that came back, or, where none do, that were written. */
	passed = 0;
	wrong = 0;
	/** What it ended by. */
	error: string | undefined = undefined;
	readonly #socket: TCP;

	constructor({ peer, board }: Place, kind: Kind) {
		const chunk = new Uint8Array(CHUNK);
		let came = kind.head === true ? -1 : 0;
		let head = "";
		let sent = 0;
		const socket: TCP = new peer.io.TCP({
			address: board,
			port: kind.port,
			onReadable: () => {
				if (kind.reads === false) return;
				for (let n = socket.read(chunk); n !== undefined; n = socket.read(chunk)) {
					let from = 0;
					if (came < 0) {
						head += new TextDecoder("latin1").decode(chunk.subarray(0, n));
						const end = head.indexOf("\r\n\r\n");
						if (end < 0) continue;
						from = n - (head.length - end - 4);
						came = 0;
					}
					for (let i = from; i < n && kind.expects !== undefined; i++) if (chunk[i] !== kind.expects(came++)) this.wrong++;
					this.passed += n - from;
				}
			},
			onWritable: (room) => {
				if (kind.says !== undefined) {
					if (sent === 0) socket.write(kind.says);
					sent = kind.says.length;
					return;
				}
				while (kind.sends !== undefined && room > 0) {
					const count = Math.min(room, CHUNK);
					for (let i = 0; i < count; i++) chunk[i] = kind.sends(sent + i);
					room = socket.write(chunk, 0, count);
					sent += count;
					if (kind.expects === undefined) this.passed += count;
				}
			},
			onError: () => {
				this.error = String(socket.error);
				socket.close();
			},
		});
		this.#socket = socket;
	}

	close(): void {
		this.#socket.close();
	}
}
