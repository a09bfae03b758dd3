// The little Python that stands between `%{` and `}%` in published scripts: assertions, assignments and prints over numbers. A program runs line by line, with names that keep
// their values from one piece of code to the next.

import { ScriptError, Unsupported } from "./lexer.ts";

export type Names = (name: string) => number | undefined;
type Value = number | string | Value[];

const TOKEN =
	/\s*(?:(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*)|("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(<<|>>|<=|>=|==|!=|\/\/|[-+*/%<>&|^~()[\],]))/y;

/** From the loosest to the tightest; comparisons stand alone, as they chain. */
const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
	{ "|": (a, b) => a | b },
	{ "^": (a, b) => a ^ b },
	{ "&": (a, b) => a & b },
	{ "<<": (a, b) => a * 2 ** b, ">>": (a, b) => Math.floor(a / 2 ** b) },
	{ "+": (a, b) => a + b, "-": (a, b) => a - b },
	{ "*": (a, b) => a * b, "/": (a, b) => a / b, "//": (a, b) => Math.floor(a / b), "%": (a, b) => a - b * Math.floor(a / b) },
];

const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
	"==": (a, b) => a === b,
	"!=": (a, b) => a !== b,
	"<=": (a, b) => a <= b,
	">=": (a, b) => a >= b,
	"<": (a, b) => a < b,
	">": (a, b) => a > b,
};

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
	abs: Math.abs,
	min: Math.min,
	max: Math.max,
	int: Math.trunc,
	round: Math.round,
};

class Expression {
	readonly #text: string;
	readonly #names: Names;
	readonly #tokens: string[] = [];
	#at = 0;
	/** The last comparison that did not hold, for the message. */
	failed = "";

	constructor(text: string, names: Names) {
		this.#text = text;
		this.#names = names;
		for (let at = 0; text.slice(at).trim() !== "";) {
			TOKEN.lastIndex = at;
			const match = TOKEN.exec(text);
			if (!match) throw this.#unsupported();
			this.#tokens.push(match[0].trim());
			at = TOKEN.lastIndex;
		}
	}

	#unsupported(what = `code "${this.#text}"`): Unsupported {
		return new Unsupported(what, "code");
	}

	#accept(...tokens: string[]): string | undefined {
		const token = this.#tokens[this.#at];
		if (token === undefined || !tokens.includes(token)) return undefined;
		this.#at++;
		return token;
	}

	/** All expressions of the text, which commas separate. */
	all(): Value[] {
		const values: Value[] = [];
		do values.push(this.#or());
		while (this.#accept(","));
		if (this.#at < this.#tokens.length) throw this.#unsupported();
		return values;
	}

	#or(): Value {
		let value = this.#and();
		while (this.#accept("or")) {
			const right = this.#and();
			value = value || right;
		}
		return value;
	}

	#and(): Value {
		let value = this.#not();
		while (this.#accept("and")) {
			const right = this.#not();
			value = value && right;
		}
		return value;
	}

	#not(): Value {
		return this.#accept("not") ? (this.#not() ? 0 : 1) : this.#comparison();
	}

	/** `1 <= a <= 2` holds when each of the two does. */
	#comparison(): Value {
		let left = this.#binary(0);
		let operator = this.#accept(...Object.keys(COMPARISONS));
		if (operator === undefined) return left;
		let holds = 1;
		for (; operator !== undefined; operator = this.#accept(...Object.keys(COMPARISONS))) {
			const right = this.#binary(0);
			if (!COMPARISONS[operator]!(left, right)) {
				holds = 0;
				this.failed = `${String(left)} ${operator} ${String(right)}`;
			}
			left = right;
		}
		return holds;
	}

	#binary(level: number): Value {
		const operators = LEVELS[level];
		if (!operators) return this.#unary();
		let left = this.#binary(level + 1);
		for (;;) {
			const operator = this.#accept(...Object.keys(operators));
			if (operator === undefined) break;
			const right = this.#binary(level + 1);
			// "…%d" % value makes a message: nobody reads it.
			if (typeof left === "number" && typeof right === "number") left = operators[operator]!(left, right);
			else left = String(left);
		}
		return left;
	}

	#unary(): Value {
		if (this.#accept("-")) return -(this.#unary() as number);
		if (this.#accept("~")) return ~(this.#unary() as number);
		if (this.#accept("+")) return this.#unary();
		return this.#primary();
	}

	#primary(): Value {
		const token = this.#tokens[this.#at++];
		if (token === undefined) throw this.#unsupported();
		if (token === "(") {
			const values: Value[] = [];
			while (!this.#accept(")")) {
				values.push(this.#or());
				if (!this.#accept(",") && this.#tokens[this.#at] !== ")") throw this.#unsupported();
			}
			return values.length === 1 ? values[0]! : values;
		}
		if (/^["']/.test(token)) return token.slice(1, -1);
		if (/^[0-9]/.test(token)) return Number(token);
		if (!/^[A-Za-z_]/.test(token)) throw this.#unsupported();
		if (this.#tokens[this.#at] === "(") {
			const call = FUNCTIONS[token];
			if (!call) throw this.#unsupported(`function ${token} in code`);
			const values = this.#primary();
			return call(...((Array.isArray(values) ? values : [values]) as number[]));
		}
		if (token === "True" || token === "False") return token === "True" ? 1 : 0;
		const value = this.#names(token);
		if (value === undefined) throw this.#unsupported(`${token} in code`);
		return value;
	}
}

/** Statements, one a line or with `;` between; a comment, and what a backslash continues, as Python has it. */
function statements(text: string): string[] {
	const joined = text.replace(/\\\n/g, " ").split("\n");
	return joined.flatMap((line) =>
		line
			.replace(/#.*$/, "")
			.split(";")
			.map((part) => part.trim().replace(/\\$/, "").trim())
			.filter((part) => part !== ""),
	);
}

/** Runs a program. `variables` keeps what it assigns; `names` has the rest. Throws ScriptError for an assertion that does not hold. */
export function runPython(text: string, variables: Map<string, number>, names: Names): void {
	const look: Names = (name) => variables.get(name) ?? names(name);
	for (const statement of statements(text)) {
		if (/^print\b/.test(statement)) continue;
		const assigned = /^([A-Za-z_][A-Za-z0-9_]*)\s*([-+*|&]?)=(?!=)([\s\S]*)$/.exec(statement);
		if (assigned) {
			const [, name, operator, value] = assigned as unknown as [string, string, string, string];
			const result = new Expression(operator === "" ? value : `${name} ${operator} (${value})`, look).all()[0]!;
			if (typeof result === "number") variables.set(name, result);
			continue;
		}
		const asserted = /^assert\b([\s\S]*)$/.exec(statement);
		if (!asserted) throw new Unsupported(`code "${statement}"`, "code");
		const expression = new Expression(asserted[1]!, look);
		if (!expression.all()[0]) throw new ScriptError(`${statement.replace(/,.*$/, "")}: ${expression.failed || "does not hold"}`);
	}
}
