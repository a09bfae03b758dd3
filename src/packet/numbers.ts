// Types of numbers. To tsc each is `number`; to the compiler of flat TypeScript a range type is a promise that the number lies in it,
// so that sums of such numbers need no `| 0` and comparisons that cannot fail are left out. Whoever hands a number over keeps the promise: most are kept by a
// `check` (packet/bounds.ts) or by a validity check of the format.

/** A whole number, from Low to High. */
export type Range<Low extends number, High extends number> = number | Low | High;

export type Uint8 = Range<0, 0xff>;
export type Uint16 = Range<0, 0xffff>;

/** A byte offset in memory, or a size of memory. No arena is larger, so offsets can be added to lengths. */
export type Offset = Range<0, 0x3fffffff>;
/** An IP address as it is handed on: where its 16 bytes lie, packet/address.ts. */
export type Address = Offset;
/** An address of IPv4 as its headers have it: the first octet stands in the highest bits. */
export type Ipv4 = number;
/** How many bytes: of a packet, a header, a buffer that one call works on. */
export type Length = Range<0, 0xffffff>;
