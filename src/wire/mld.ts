// MLD, RFC 2710 and 3810 §5: messages of ICMPv6. `at` is the arena offset of the ICMP header.

/** Bytes of what version 1 sends, and of a query of version 2 before its sources. */
export const HEADER = 24;
export const QUERY_HEADER = 28;
export const CHECKSUM = 2;
/** How long answers may take, as a code of 16 bits. */
export const DELAY = 4;
export const GROUP = 8;
/** Of version 2's queries: robustness in three bits, interval, and how many sources there are. */
export const ROBUSTNESS = 24;
export const INTERVAL = 25;
export const SOURCE_COUNT = 26;
/** Of version 2's reports: how many records there are, and where they begin. */
export const RECORD_COUNT = 6;
export const RECORDS = 8;

export const QUERY = 130;
export const REPORT_1 = 131;
export const DONE = 132;
export const REPORT_2 = 143;

/** The hop-by-hop header of every message: ICMPv6 follows; Router Alert with the value of MLD (RFC 2711), and padding. */
export const ALERT_HEADER = 8;
export const ALERT_FIRST = 0x3a000502;
export const ALERT_SECOND = 0x00000100;
