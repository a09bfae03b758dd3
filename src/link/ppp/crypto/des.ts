// DES, FIPS 46-3, encryption of one block: MS-CHAP's answer is three of them (RFC 2759 §8.5 and §8.6). Bit by bit, as the standard's tables have it: it runs
// three times per authentication. Bits are numbered from 1, the most significant first.

/* prettier-ignore */
const INITIAL = new Uint8Array([
	58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
	57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
]);
/* prettier-ignore */
const FINAL = new Uint8Array([
	40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31, 38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
	36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27, 34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
]);
/* prettier-ignore */
const P = new Uint8Array([
	16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]);
/** For keys with a parity bit in each octet, numbered 8, 16 and so on. */
/* prettier-ignore */
const CHOICE_1 = new Uint8Array([
	57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
	63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
]);
/* prettier-ignore */
const CHOICE_2 = new Uint8Array([
	14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
	41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]);
/** S1 to S8, four rows of 16 hexadecimal digits each. */
const S = [
	"e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
	"f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
	"a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
	"7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
	"2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
	"c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
	"4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
	"d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
];
/** Turns of the key's halves before each round. */
const TURNS = new Uint8Array([1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1]);

function permute(bits: Uint8Array, table: Uint8Array): Uint8Array {
	const result = new Uint8Array(table.length);
	for (let i = 0; i < table.length; i++) result[i] = bits[table[i]! - 1]!;
	return result;
}

/** Turns `half` of the key, 28 bits from `at` on, to the left by one. */
function turn(bits: Uint8Array, at: number): void {
	const first = bits[at]!;
	bits.copyWithin(at, at + 1, at + 28);
	bits[at + 27] = first;
}

/** E, the key and the S-boxes: six bits of `right` with their neighbours choose four. */
function f(right: Uint8Array, key: Uint8Array): Uint8Array {
	const result = new Uint8Array(32);
	for (let box = 0; box < 8; box++) {
		let six = 0;
		for (let i = 0; i < 6; i++) six = (six << 1) | (right[(box * 4 + i + 31) & 31]! ^ key[box * 6 + i]!);
		const row = ((six >> 4) & 2) | (six & 1);
		const four = parseInt(S[box]![row * 16 + ((six >> 1) & 15)]!, 16);
		for (let i = 0; i < 4; i++) result[box * 4 + i] = (four >> (3 - i)) & 1;
	}
	return permute(result, P);
}

/** Encrypts the eight octets of `block` with the 56 bits of the seven of `key`. */
export function desEncrypt(block: Uint8Array, key: Uint8Array): Uint8Array {
	const withParity = new Uint8Array(64);
	for (let i = 0; i < 56; i++) withParity[i + ((i / 7) | 0)] = (key[i >> 3]! >> (7 - (i & 7))) & 1;
	const halves = permute(withParity, CHOICE_1);
	const bits = new Uint8Array(64);
	for (let i = 0; i < 64; i++) bits[i] = (block[i >> 3]! >> (7 - (i & 7))) & 1;
	const both = permute(bits, INITIAL);
	let left: Uint8Array = both.slice(0, 32);
	let right: Uint8Array = both.slice(32);
	for (let round = 0; round < 16; round++) {
		for (let n = TURNS[round]!; n > 0; n--) {
			turn(halves, 0);
			turn(halves, 28);
		}
		const next = f(right, permute(halves, CHOICE_2));
		for (let i = 0; i < 32; i++) next[i]! ^= left[i]!;
		left = right;
		right = next;
	}
	bits.set(right);
	bits.set(left, 32);
	const out = permute(bits, FINAL);
	const result = new Uint8Array(8);
	for (let i = 0; i < 64; i++) result[i >> 3]! |= out[i]! << (7 - (i & 7));
	return result;
}
