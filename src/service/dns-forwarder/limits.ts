// Limits of a DNS forwarder, beside those of the resolver in ../../config.ts.

/** Bytes of a message by UDP that pass; what is longer goes by TCP, as fragments get lost. RFC 9715 §3.2. */
export const DNS_FORWARD_BYTES = 1232;
/** Memory for answers, bytes, unless told, and at most. */
export const DNS_FORWARD_CACHE_BYTES = 8192;
export const DNS_FORWARD_CACHE_MOST = 1 << 20;
/** Questions at the same time, unless told, a UDP socket each; those that wait for their turn, for each of them; those who wait for the answer to one question. */
export const DNS_FORWARD_QUESTIONS = 6;
export const DNS_FORWARD_WAITING_EACH = 4;
export const DNS_FORWARD_ASKERS = 4;
/** Connections at the same time, unless told, two TCP sockets each; and how long one stays without a question, ms: RFC 7766 §6.2.3. */
export const DNS_FORWARD_CONNECTIONS = 2;
export const DNS_FORWARD_IDLE_MS = 10_000;
/** For how long a server that did not answer is asked after all others, ms. */
export const DNS_FORWARD_SHUN_MS = 30_000;
