// What an RFC leaves to who writes a TCP, and published scripts, written for one system, take for granted. By default nothing is allowed: a packet is the script's to the
// letter. The runner of whole suites tells which of these a script needs.

export const ALLOWANCES = {
	order: { rfc: "RFC 9293 §3.1, RFC 7323 appendix A", what: "TCP options stand in another order, or are padded otherwise" },
	scale: { rfc: "RFC 7323 §2.2", what: "another shift count in the window scale option" },
	window: { rfc: "RFC 9293 §3.8.6", what: "another window: how much a receiver has room for is its own affair" },
	push: { rfc: "RFC 9293 §3.9.1.2", what: "PSH stands on other segments" },
	cookie: { rfc: "RFC 7413 §4.1.2", what: "another cookie of the same length" },
	fin: { rfc: "RFC 9293 §3.10.7.4", what: "the acknowledgment of the peer's FIN repeats ours, or does not" },
	delay: { rfc: "RFC 9293 §3.8.6.3", what: "an acknowledgment without data comes up to 500 ms earlier or later" },
	timer: { rfc: "RFC 6298 §2.4, §5", what: "a retransmission comes up to 1 s earlier or later" },
	info: { rfc: "none: not of the protocol", what: "what `%{ assert … }%` asks of TCP_INFO differs" },
} as const;

export type Allowance = keyof typeof ALLOWANCES;
export type Allowances = ReadonlySet<Allowance>;
export const NOTHING: Allowances = new Set();
