// A connection as a script sees it, and the ports, sequence numbers and timestamps that it really has.

/** Byte `at` of the data that scripts do not spell out, the same in both directions. */
export function patternByte(at: number): number {
	return (at * 7 + (at >> 8) * 13 + (at >> 16)) & 255;
}

export class Flow {
	localPort: number;
	remotePort: number;
	/** Real minus script sequence numbers. */
	localOffset = 0;
	localKnown = false;
	remoteKnown = false;
	/** Script sequence number after the peer's newest SYN. */
	reopenedAt: number | undefined;
	remoteOffset: number;
	/** In published scripts numbers of segments without SYN count from the SYNs, as packetdrill has it: the numbers that those have. */
	readonly since = { local: 0, remote: 0 };
	/** Script sequence number of the first data byte in each direction. */
	localFirst = 1;
	remoteFirst = 1;
	/** Bytes that the script wrote in words, by their place in the stream. */
	readonly spelled = new Map<number, number>();
	/** Real minus script timestamps, and the real one for each of the script's. */
	stampOffset: number | undefined;
	readonly stamps = new Map<number, number>();
	/** How far our windows are shifted, really and in the script, once the peer's SYN has agreed to that. RFC 7323 §2.2. */
	readonly scales = { agreed: false, real: 0, script: 0 };
	/** Of all connections: the cookies that we really give, by those of the script. RFC 7413 §4.1.2. */
	readonly cookies: Map<string, number[]>;

	constructor(localPort: number, remotePort: number, remoteOffset: number, cookies = new Map<string, number[]>()) {
		this.cookies = cookies;
		this.localPort = localPort;
		this.remotePort = remotePort;
		this.remoteOffset = remoteOffset;
	}

	/** What the application wrote at this place of the stream. */
	written(at: number): number {
		return this.spelled.get(at) ?? patternByte(at);
	}

	/** The real timestamp that an inbound packet echoes. */
	stampFor(echo: number): number {
		return this.stamps.get(echo) ?? echo + (this.stampOffset ?? 0);
	}
}
