// What all hash tables mix their keys by.

/** Mixes a word into a hash. Murmur3's constants; the seed, which is the first hash, keeps strangers from choosing collisions. */
export function mix(hash: number, word: number): number {
	hash = Math.imul(hash ^ word, 0x85ebca6b);
	hash ^= hash >>> 13;
	return Math.imul(hash, 0xc2b2ae35);
}
