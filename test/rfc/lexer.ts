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

/** A script asks for something that this interpreter, or the stack, does not have; `feature` names it. */
export class Unsupported extends ScriptError {
	readonly feature: string;

	constructor(message: string, feature: string) {
		super(`${message} is not supported`);
		this.feature = feature;
	}
}

/** Longest match wins, the first of equals: the order of packetdrill's own rules. An option comes with its value, which may be an address. */
const RULES: readonly (readonly [string, RegExp])[] = [
	["ellipsis", /\.\.\./y],
	["option", /--[a-zA-Z0-9_]+(?:=(?:[a-zA-Z0-9_]+=)?(?:"[^"]*"|`[^`]*`|[^\s"`]*))?/y],
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

/** Lines between `#ifdef NAME` and `#else` or `#endif`, of a name that is not among `defined`, become empty. */
function conditional(source: string, defined: ReadonlyMap<string, string>): string {
	if (!source.includes("#if")) return source;
	const taken: boolean[] = [];
	const lines = source.split("\n").map((line) => {
		const [, word, name] = /^\s*#(ifdef|ifndef|else|endif)\b\s*(\w*)/.exec(line) ?? [];
		if (word === undefined) return taken.includes(false) ? "" : line;
		if (word === "endif") taken.pop();
		else if (word === "else") taken.push(!taken.pop());
		else taken.push(defined.has(name!) === (word === "ifdef"));
		return "";
	});
	return lines.join("\n");
}

/** A word that was defined stands for its value: a number, a text in quotes or backquotes, or another word. */
function meaning(token: Token, value: string): Token {
	if (/^-?[0-9]+$|^0x[0-9a-fA-F]+$/.test(value)) return { ...token, type: "int", text: value, value: Number(value) };
	if (/^"[\s\S]*"$/.test(value)) return { ...token, type: "string", text: value.slice(1, -1) };
	if (/^`[\s\S]*`$/.test(value)) return { ...token, type: "backquote", text: value.slice(1, -1) };
	return { ...token, text: value };
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

/** Cuts a script into tokens; the last is of type "end". `defines`: what words stand for; with an empty value, that they are defined. */
export function tokens(whole: string, defines: ReadonlyMap<string, string> = new Map()): Token[] {
	const source = conditional(whole, defines);
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
		const value = token.type === "word" ? defines.get(token.text) : undefined;
		result.push(value ? meaning(token, value) : token);
		count(source.slice(at, token.end));
		at = token.end;
	}
	result.push({ type: "end", text: "the end", value: 0, line, start: at, end: at });
	return result;
}
