// Tokens of packetdrill's script language. Read parser.ts for what they form.

export interface Token {
	/** int, float, word, string, backquote, code, ellipsis, option, address, end, or the character itself. */
	readonly type: string;
	readonly text: string;
	readonly value: number;
	readonly line: number;
	/** Offsets in the script. */
	readonly start: number;
	readonly end: number;
}

/** A script that cannot be read or did not go as it says; the message begins with the script's name and line. */
export class ScriptError extends Error {
	override name = "ScriptError";
}

/** Longest match wins, the first of equals: the order of packetdrill's own rules. */
const RULES: readonly (readonly [string, RegExp])[] = [
	["ellipsis", /\.\.\./y],
	["option", /--[a-zA-Z0-9_]+/y],
	["float", /-?[0-9]*\.[0-9]+/y],
	["int", /-?[0-9]+/y],
	["hex", /0x[0-9a-fA-F]+/y],
	["word", /[a-zA-Z0-9_]+/y],
	["string", /"(?:\\[\s\S]|[^"\\])*"/y],
	["backquote", /`(?:\\[\s\S]|[^`\\])*`/y],
	["code", /%\{[\s\S]*?\}%/y],
	["address", /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/y],
];

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#![^\n]*)+/y;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

function unescape(text: string): string {
	return text.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_whole, code: string | undefined, letter: string | undefined) =>
		code === undefined ? (ESCAPES[letter!] ?? letter!) : String.fromCharCode(Number.parseInt(code, 16)),
	);
}

function matchAt(rule: RegExp, source: string, at: number): string {
	rule.lastIndex = at;
	return rule.exec(source)?.[0] ?? "";
}

function tokenAt(source: string, at: number, line: number): Token {
	let type = source[at]!;
	let text = type;
	let found = 0;
	for (const [name, rule] of RULES) {
		const match = matchAt(rule, source, at);
		if (match.length > found) {
			found = match.length;
			type = name;
			text = match;
		}
	}
	const end = at + text.length;
	let value = 0;
	if (type === "hex") {
		type = "int";
		value = Number.parseInt(text, 16);
	} else if (type === "int" || type === "float") {
		value = Number(text);
	} else if (type === "string") {
		text = unescape(text.slice(1, -1));
	} else if (type === "backquote") {
		text = text.slice(1, -1);
	} else if (type === "code") {
		text = text.slice(2, -2).trim();
	}
	return { type, text, value, line, start: at, end };
}

/** Cuts a script into tokens; the last is of type "end". */
export function tokens(source: string): Token[] {
	const result: Token[] = [];
	let line = 1;
	let at = 0;
	const count = (part: string) => {
		for (let i = 0; i < part.length; i++) if (part[i] === "\n") line++;
	};
	for (;;) {
		const space = matchAt(SPACE, source, at);
		count(space);
		at += space.length;
		if (at >= source.length) break;
		const token = tokenAt(source, at, line);
		result.push(token);
		count(source.slice(at, token.end));
		at = token.end;
	}
	result.push({ type: "end", text: "the end", value: 0, line, start: at, end: at });
	return result;
}
