// Board files against board.schema.json: what violates it is told in words, with the path of the wrong value.

import { Ajv } from "ajv";
import type { ErrorObject } from "ajv";
import type { StackOptions } from "../../src/config.ts";
import schema from "./board.schema.json" with { type: "json" };

/** What the stack can be told of TCP, a board file can: a name that the schema lacks does not compile. */
schema.properties.tcp.properties satisfies Record<keyof NonNullable<StackOptions["tcp"]>, object>;

const ajv = new Ajv({ verbose: true, strictTypes: false });
ajv.addKeyword("errorMessage");
const validate = ajv.compile(schema);

/** The first violation, `interfaces[1].mtu 99999: expected 68 to 1500`, or undefined. */
export function violationOf(data: unknown): string | undefined {
	if (validate(data)) return undefined;
	const first = validate.errors![0]!;
	// Of several forms that a value may have the whole says what all of them are, where the first has no words of its own.
	const forms = validate.errors!.find(({ keyword, parentSchema }) => keyword === "anyOf" && hasWords(parentSchema));
	return explain(forms === undefined || hasWords(first.parentSchema) ? first : forms);
}

function hasWords(rule: ErrorObject["parentSchema"]): boolean {
	return typeof (rule as Record<string, unknown>)["errorMessage"] === "string";
}

function explain(error: ErrorObject): string {
	const path = pathOf(error.instancePath);
	const rule = error.parentSchema as Record<string, unknown>;
	switch (error.keyword) {
		case "required": {
			const missing = String(error.params["missingProperty"]);
			const properties = rule["properties"] as Record<string, Record<string, unknown>>;
			// Where something has a name that nobody knows, that is what is wrong: "interface" for "interfaces".
			const unknown = Object.keys(error.data as object).find((name) => !Object.hasOwn(properties, name));
			if (rule["additionalProperties"] === false && unknown !== undefined) return unknownName(path, unknown, rule);
			return `${join(path, missing)}: missing; ${expectation(resolveRule(properties[missing]!))}`;
		}
		case "additionalProperties": {
			return unknownName(path, String(error.params["additionalProperty"]), rule);
		}
		case "propertyNames":
		case "pattern":
			if (error.propertyName !== undefined) return `${join(path, error.propertyName)}: ${expectation(rule)}`;
			break;
	}
	return `${path === "" ? "the board" : path} ${show(error.data)}: ${expectation(rule)}`;
}

function unknownName(path: string, unknown: string, rule: Record<string, unknown>): string {
	const known = Object.keys(rule["properties"] as object).filter((name) => name !== "$schema");
	return `${join(path, unknown)}: unknown; expected ${list(known)}`;
}

function expectation(rule: Record<string, unknown>): string {
	if (typeof rule["errorMessage"] === "string") return rule["errorMessage"];
	if (Array.isArray(rule["enum"])) return `expected ${list(rule["enum"].map((value) => JSON.stringify(value)))}`;
	if (rule["minimum"] !== undefined) {
		const whole = rule["type"] === "integer" ? "" : "a number from ";
		return `expected ${whole}${String(rule["minimum"])} to ${String(rule["maximum"])}`;
	}
	if (rule["type"] === "boolean") return "expected true or false";
	return `expected ${rule["type"] === "array" ? "a list" : rule["type"] === "object" ? "an object" : "a text"}`;
}

function resolveRule(rule: Record<string, unknown>): Record<string, unknown> {
	const reference = rule["$ref"] as string | undefined;
	if (reference === undefined) return rule;
	return (schema.definitions as Record<string, Record<string, unknown>>)[reference.slice("#/definitions/".length)]!;
}

/** "/interfaces/1/mtu" as "interfaces[1].mtu". */
function pathOf(pointer: string): string {
	let path = "";
	for (const part of pointer.split("/").slice(1)) {
		const name = part.replace(/~1/g, "/").replace(/~0/g, "~");
		path = /^\d+$/.test(name) && !path.endsWith(".forward") ? `${path}[${name}]` : join(path, name);
	}
	return path;
}

function join(path: string, name: string): string {
	return path === "" ? name : `${path}.${name}`;
}

function list(words: string[]): string {
	return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function show(value: unknown): string {
	const text = JSON.stringify(value);
	return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
