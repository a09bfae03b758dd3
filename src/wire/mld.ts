// MLD, RFC 2710 and 3810 §5: messages of ICMPv6. `at` is the arena offset of the ICMP header.

/** Bytes of what version 1 sends. */
export const HEADER = 24;
export const CHECKSUM = 2;
/** How long answers may take, as a code of 16 bits. */
export const DELAY = 4;
/** Of reports of version 2: how many records there are. */
export const RECORD_COUNT = 6;
export const GROUP = 8;

/** Where the records of such a report begin. */
export const RECORDS = 8;

/** Bytes of a query of version 2 before its sources. */
export const QUERY_HEADER = 28;
/** Robustness in three bits, interval, and how many sources there are. */
export const ROBUSTNESS = 24;
export const INTERVAL = 25;
export const SOURCE_COUNT = 26;

export const QUERY = 130;
export const REPORT_1 = 131;
export const DONE = 132;
export const REPORT_2 = 143;

/** The hop-by-hop header of every message: ICMPv6 follows; Router Alert with the value of MLD (RFC 2711), and padding. */
export const ALERT_HEADER = 8;
export const ALERT_FIRST = 0x3a000502;
export const ALERT_SECOND = 0x00000100;
