// What the two ends of a TCP connection agree on in their SYNs, an option a line. A new one is a line here: its name is then an option of the stack (`tcp` of StackOptions), and what is
// missing elsewhere does not compile: its bit among the flags of config.ts, its name among what a board file may say (board.schema.json), and where it is written and read
// (build/tcp-options.mjs looks into wire/tcp.ts).

/** `kind` and `bytes` are those of the option in a SYN. `bit`, 16 to 256, stands for it in what a SYN offers, and, AGREED_SHIFT of tcb-block.ts further up, in what both ends of a connection have offered. */
export const OFFER = Object.freeze({
	/** Windows of more than 65,535 bytes, the peer's too. RFC 7323 §2. */
	windowScale: { kind: 3, bytes: 3, bit: 16 },
	/** Selective acknowledgments. RFC 2018. */
	sack: { kind: 4, bytes: 2, bit: 32 },
	/** Timestamps: 12 bytes in every segment. RFC 7323 §3. */
	timestamps: { kind: 8, bytes: 10, bit: 64 },
});
