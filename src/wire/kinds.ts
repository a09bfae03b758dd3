// What `decode` answers: a negative number is -(1 + index of the drop reason); else kind, group bit, and where the payload lies.

export const KIND = 15;
export const ARP = 1;
export const TCP = 2;
export const UDP = 3;
export const ICMP = 4;
/** IPv4 for us, another protocol. */
export const OTHER = 5;
/** A fragment of an IPv4 packet for us. */
export const FRAGMENT = 6;
/** IPv4 for an address that is not one of this interface's: nothing above the IP header was looked at. */
export const TRANSIT = 7;

/** Sent to a broadcast or multicast address of the link or of IP. */
export const GROUP = 16;
/** Bits 8 to 15: offset of the payload from `at`, bytes. Bits 16 to 30: its length, bytes. */
export const OFFSET_SHIFT = 8;
export const OFFSET_MASK = 255;
export const LENGTH_SHIFT = 16;
