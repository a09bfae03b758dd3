// What reports and queries of IGMPv3 (RFC 3376 §4) and MLDv2 (RFC 3810 §5) have in common.

/** Types of records: how it is (of a query's answer), how it is from now on, and which sources came or went. RFC 3376 §4.2.12. */
export const IS_INCLUDE = 1;
export const IS_EXCLUDE = 2;
export const TO_INCLUDE = 3;
export const TO_EXCLUDE = 4;
export const ALLOW = 5;
export const BLOCK = 6;

/** What a code of `bits` bits stands for: its own number while its first bit is 0, else a mantissa and an exponent of three bits. RFC 3376 §4.1.1, RFC 3810 §5.1.3. */
export function decoded(code: number, bits: 8 | 16): number {
	const first = 1 << (bits - 1);
	if (code < first) return code;
	const mantissa = bits - 4;
	return ((code & ((1 << mantissa) - 1)) | (1 << mantissa)) << (((code >> mantissa) & 7) + 3);
}
