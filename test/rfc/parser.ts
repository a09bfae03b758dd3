// Reads packetdrill's script language (github.com/google/packetdrill, parser.y): options, commands, and timed events that are
// packets in (`<`) and out (`>`), system calls, and shell or code lines. No encapsulation.

import { readPacket } from "./packet-parser.ts";
import { Reader } from "./reader.ts";
import type { Call, Event, Expression, Script, Time } from "./script.ts";

/** Values of options, and what words stand for, for scripts that leave that to who runs them. */
export interface Presets {
	readonly options?: ReadonlyMap<string, string>;
	readonly defines?: ReadonlyMap<string, string>;
}

/** Reads a script. Throws ScriptError naming the line and what was expected. */
export function parseScript(name: string, source: string, presets: Presets = {}): Script {
	// What `--define` says goes for the whole script, the lines that come before it too.
	const defines = new Map(presets.defines);
	for (const match of source.matchAll(/^\s*--define=(\w+)=("[^"]*"|`[^`]*`|\S+)/gm)) defines.set(match[1]!, match[2]!);
	const reader = new Reader(name, source, defines);
	const options = new Map([...(presets.options ?? []), ...readOptions(reader)]);
	const six = options.get("ip_version") === "ipv6";
	const commands: string[] = [];
	while (reader.is("backquote")) commands.push(reader.next().text);
	const events: Event[] = [];
	while (!reader.is("end")) {
		// A shell line without a time closes the script: cleanup, which is of no use here.
		if (reader.accept("backquote")) continue;
		events.push(readEvent(reader, six));
	}
	if (events.length === 0) throw reader.error("no event");
	return { name, options, commands, events };
}

function readOptions(reader: Reader): Map<string, string> {
	const options = new Map<string, string>();
	while (reader.is("option")) {
		const [, name, value] = /^--([^=]+)=?([\s\S]*)$/.exec(reader.next().text)!;
		options.set(name!, value!.replace(/^"([\s\S]*)"$/, "$1"));
	}
	return options;
}

function readEvent(reader: Reader, six: boolean): Event {
	const first = reader.peek();
	const time = readTime(reader);
	const token = reader.peek();
	let action: Event["action"];
	if (token.type === "<" || token.type === ">") action = readPacket(reader, six);
	else if (token.type === "backquote") action = { type: "command", text: reader.next().text };
	else if (token.type === "code") action = { type: "code", text: reader.next().text };
	else action = readCall(reader);
	if (time.kind === "any" && !(action.type === "packet" && !action.inbound))
		throw reader.error("time * is for outbound packets only", first);
	const text = reader.source.slice(first.start, reader.last.end).replace(/\s+/g, " ");
	return { line: first.line, text, time, action };
}

function readMilliseconds(reader: Reader): number {
	const token = reader.next();
	if ((token.type !== "int" && token.type !== "float") || token.value < 0) throw reader.error("expected a time", token);
	return token.value * 1000;
}

function readTime(reader: Reader): Time {
	if (reader.accept("*")) return { kind: "any", at: 0, until: 0 };
	const relative = reader.accept("+");
	const at = readMilliseconds(reader);
	let until = at;
	if (reader.accept("~")) {
		if (relative) reader.expect("+");
		until = readMilliseconds(reader);
		if (until < at) throw reader.error("time range is backwards");
	}
	return { kind: relative ? "relative" : "absolute", at, until };
}

function readCall(reader: Reader): Call {
	const end = reader.accept("ellipsis") ? readMilliseconds(reader) : undefined;
	const name = reader.expect("word").text;
	reader.expect("(");
	const items = readList(reader, ")");
	reader.expect("=");
	const result = readExpression(reader);
	let errno = "";
	if (reader.is("word")) errno = reader.next().text;
	// A note such as (Connection refused).
	if (reader.accept("(")) while (!reader.accept(")")) reader.next();
	return { type: "call", name, items, result, errno, end };
}

function readList(reader: Reader, close: string): Expression[] {
	const items: Expression[] = [];
	if (reader.accept(close)) return items;
	do items.push(readExpression(reader));
	while (reader.accept(","));
	reader.expect(close);
	return items;
}

function readExpression(reader: Reader): Expression {
	const left = readTerm(reader);
	return reader.accept("|") ? { kind: "or", left, right: readExpression(reader) } : left;
}

function readTerm(reader: Reader): Expression {
	const token = reader.next();
	switch (token.type) {
		case "ellipsis":
			return { kind: "ellipsis" };
		case "int":
			return { kind: "int", value: token.value };
		case "string": {
			let value = token.text;
			while (reader.is("string")) value += reader.next().text;
			reader.accept("ellipsis");
			return { kind: "string", value };
		}
		case "[":
			return { kind: "list", items: readList(reader, "]") };
		case "{":
			return readStruct(reader);
		case "word":
			if (reader.accept("(")) return { kind: "call", name: token.text, items: readList(reader, ")") };
			// `name = value`, as arguments of some options are written.
			if (reader.is("=")) return readAssigned(reader, token.text);
			return { kind: "word", name: token.text };
	}
	throw reader.error("expected a value", token);
}

function readAssigned(reader: Reader, name: string): Expression {
	reader.expect("=");
	return { kind: "struct", fields: new Map([[name, readExpression(reader)]]) };
}

/** `{name = value, …}`, also `name(…) = value`; values without a name are numbered. */
function readStruct(reader: Reader): Expression {
	const fields = new Map<string, Expression>();
	while (!reader.accept("}")) {
		const named = reader.is("word") && (reader.is("=", undefined, 1) || (reader.is("(", undefined, 1) && isField(reader)));
		if (named) {
			const name = reader.next().text;
			if (reader.accept("(")) readList(reader, ")");
			reader.expect("=");
			fields.set(name, readExpression(reader));
		} else fields.set(String(fields.size), readExpression(reader));
		if (!reader.accept(",") && !reader.is("}")) throw reader.error("expected , or }");
	}
	return { kind: "struct", fields };
}

/** `name(…) =` rather than `name(…)`. */
function isField(reader: Reader): boolean {
	let depth = 0;
	for (let ahead = 1; !reader.is("end", undefined, ahead); ahead++) {
		if (reader.is("(", undefined, ahead)) depth++;
		else if (reader.is(")", undefined, ahead) && --depth === 0) return reader.is("=", undefined, ahead + 1);
	}
	return false;
}
