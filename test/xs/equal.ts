// Deep equality and printing of values, as far as the tests that run on XS need them.

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
	return typeof value === "object" && value !== null;
}

function keysOf(value: object, strict: boolean): PropertyKey[] {
	const all = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
	return strict ? all : all.filter((key) => (value as Record<PropertyKey, unknown>)[key] !== undefined);
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
	if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || a.byteLength !== b.byteLength) return false;
	const left = a instanceof DataView ? a : new DataView(a.buffer, a.byteOffset, a.byteLength);
	const right = b instanceof DataView ? b : new DataView(b.buffer, b.byteOffset, b.byteLength);
	for (let i = 0; i < a.byteLength; i++) if (left.getUint8(i) !== right.getUint8(i)) return false;
	return true;
}

/** As vitest's toEqual; with `strict` as toStrictEqual, where types and undefined properties count too. */
export function equal(a: unknown, b: unknown, strict = false): boolean {
	if (Object.is(a, b)) return true;
	if (!isObject(a) || !isObject(b)) return false;
	if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && sameBytes(a, b);
	if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) return sameBytes(new DataView(a), new DataView(b));
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	if (a instanceof Error && b instanceof Error) return a.message === b.message && a.name === b.name;
	if (a instanceof Map && b instanceof Map) return equal([...a], [...b], strict);
	if (a instanceof Set && b instanceof Set) return equal([...a], [...b], strict);
	if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
	if (Array.isArray(a) && a.length !== (b as unknown as unknown[]).length) return false;
	const keys = keysOf(a, strict);
	if (keys.length !== keysOf(b, strict).length) return false;
	return keys.every((key) => key in b && equal(a[key], b[key], strict));
}

/** Whether everything that `part` has is in `whole`. */
export function contains(whole: unknown, part: unknown): boolean {
	if (!isObject(part) || !isObject(whole) || ArrayBuffer.isView(part)) return equal(whole, part);
	if (Array.isArray(part)) {
		return Array.isArray(whole) && whole.length === part.length && part.every((value, i) => contains(whole[i], value));
	}
	return Reflect.ownKeys(part).every((key) => key in whole && contains(whole[key], part[key]));
}

const LONGEST = 600;

/** The value as a short text for messages. */
export function show(value: unknown, depth = 0): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (Object.is(value, -0)) return "-0";
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "function") return `function ${value.name}`;
	if (!isObject(value)) return String(value);
	if (value instanceof Error) return `${value.name}: ${value.message}`;
	if (depth > 3) return "…";
	let result: string;
	if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
		result = `${value.constructor.name} [${[...(value as unknown as Iterable<number>)].join(" ")}]`;
	} else if (Array.isArray(value)) {
		result = `[${value.map((entry) => show(entry, depth + 1)).join(", ")}]`;
	} else {
		result = `{${Reflect.ownKeys(value)
			.map((key) => `${String(key)}: ${show(value[key], depth + 1)}`)
			.join(", ")}}`;
	}
	return result.length > LONGEST ? result.slice(0, LONGEST) + "…" : result;
}
