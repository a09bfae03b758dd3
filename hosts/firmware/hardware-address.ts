// Ethernet addresses of a board whose board file names none: made of what tells it from all others, the same at every start.

import { halfSipHash } from "#codec";

/** "mult" and "ihom": a key that nothing else has. */
const KEY0 = 0x6d756c74;
const KEY1 = 0x69686f6d;

/** Of a board with that identity, 8 bytes, the address of the interface with that number: unicast, locally administered (IEEE 802, "U/L address bit"), 46 bits of a hash. */
export function hardwareAddress(identity: ArrayBuffer, number: number): Uint8Array {
	const words = new DataView(identity);
	const address = new DataView(new ArrayBuffer(8));
	for (const at of [0, 4])
		address.setInt32(at, halfSipHash(KEY0, KEY1, words.getInt32(0), words.getInt32(4), (number << 8) | at));
	address.setUint8(0, (address.getUint8(0) & ~1) | 2);
	return new Uint8Array(address.buffer, 0, 6);
}
