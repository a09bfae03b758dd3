// IGMP, RFC 1112, 2236 and 3376 §4. `at` is the arena offset of its header.

/** Bytes of what the older versions send, and before the records of version 3's reports. */
export const HEADER = 8;
export const CODE = 1;
export const CHECKSUM = 2;
export const GROUP = 4;
/** Of reports of version 3: how many records there are. */
export const RECORD_COUNT = 6;

/** Bytes of a query of version 3 before its sources. */
export const QUERY_HEADER = 12;
/** Robustness in three bits, interval, and how many sources there are. */
export const ROBUSTNESS = 8;
export const INTERVAL = 9;
export const SOURCE_COUNT = 10;

export const QUERY = 0x11;
export const REPORT_1 = 0x12;
export const REPORT_2 = 0x16;
export const LEAVE = 0x17;
export const REPORT_3 = 0x22;

/** Router Alert, RFC 2113: the only option of IPv4 that our messages have, and its word. */
export const ROUTER_ALERT = 0x94;
export const ROUTER_ALERT_WORD = 0x94040000 | 0;

/** 224.0.0.2 and 224.0.0.22: who is told of groups that were left, and of version 3's reports. */
export const ALL_ROUTERS = 0xe0000002 | 0;
export const REPORTS_TO = 0xe0000016 | 0;
