// modules/crypt/arith: arithmetic of large numbers and of points on y² = x³ + ax + b over a prime field. SEC 1 §2.2.1, in Jacobian
// coordinates (x/z², y/z³) on the way, as inverting is dear.

const modulo = (a, m) => {
	const rest = a % m;
	return rest < 0n ? rest + m : rest;
};

/** The inverse of a modulo m, by Euclid's algorithm. */
function inverse(a, m) {
	let [r, next, x, nextX] = [m, modulo(a, m), 0n, 1n];
	while (next !== 0n) {
		const quotient = r / next;
		[r, next] = [next, r - quotient * next];
		[x, nextX] = [nextX, x - quotient * nextX];
	}
	return modulo(x, m);
}

function power(base, exponent, m) {
	let result = 1n;
	let square = base % m;
	for (let rest = exponent; rest > 0n; rest >>= 1n) {
		if (rest & 1n) result = (result * square) % m;
		square = (square * square) % m;
	}
	return result;
}

export const xs_mod2_mulinv_general = inverse;
export const xs_mod2_mulinv_euclid = inverse;
export const xs_mod2_exp = power;
export const xs_mont2_exp_LR = power;
export const xs_mont2_exp_SW = (a, e, m) => power(a, e, m);

const NOWHERE = { x: 1n, y: 1n, z: 0n };

function double({ a, m }, { x, y, z }) {
	if (z === 0n || y === 0n) return NOWHERE;
	const yy = (y * y) % m;
	const s = (4n * x * yy) % m;
	const zz = (z * z) % m;
	const slope = (3n * x * x + a * zz * zz) % m;
	const x3 = modulo(slope * slope - 2n * s, m);
	return { x: x3, y: modulo(slope * (s - x3) - 8n * yy * yy, m), z: (2n * y * z) % m };
}

function sum(curve, p, q) {
	if (p.z === 0n) return q;
	if (q.z === 0n) return p;
	const { m } = curve;
	const pzz = (p.z * p.z) % m;
	const qzz = (q.z * q.z) % m;
	const u = (p.x * qzz) % m;
	const s = (p.y * qzz * q.z) % m;
	const h = modulo(q.x * pzz - u, m);
	const r = modulo(q.y * pzz * p.z - s, m);
	if (h === 0n) return r === 0n ? double(curve, p) : NOWHERE;
	const hh = (h * h) % m;
	const hhh = (hh * h) % m;
	const v = (u * hh) % m;
	const x = modulo(r * r - hhh - 2n * v, m);
	return { x, y: modulo(r * (v - x) - s * hhh, m), z: (h * p.z * q.z) % m };
}

function times(curve, point, factor) {
	let result = NOWHERE;
	let power2 = { x: point.x, y: point.y, z: point.z };
	for (let rest = factor; rest > 0n; rest >>= 1n) {
		if (rest & 1n) result = sum(curve, result, power2);
		power2 = double(curve, power2);
	}
	return result;
}

function affine({ m }, { x, y, z }) {
	if (z === 0n) return { x: 0n, y: 0n, z: 0n };
	const reciprocal = inverse(z, m);
	const square = (reciprocal * reciprocal) % m;
	return { x: (x * square) % m, y: (y * square * reciprocal) % m, z: 1n };
}

export function xs_ec2_add(p, q) {
	return affine(this, sum(this, p, q));
}

export function xs_ec2_mul(point, factor) {
	return affine(this, times(this, point, factor));
}

export function xs_ec2_mul2(p, j, q, k) {
	return affine(this, sum(this, times(this, p, j), times(this, q, k)));
}
