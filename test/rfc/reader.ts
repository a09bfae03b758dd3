// A script's tokens, one after the other, for parser.ts and the files that it asks.

import { ScriptError, Unsupported, tokens, type Token } from "./lexer.ts";

export class Reader {
	readonly name: string;
	readonly source: string;
	readonly #tokens: Token[];
	#at = 0;

	constructor(name: string, source: string, defines?: ReadonlyMap<string, string>) {
		this.name = name;
		this.source = source;
		this.#tokens = tokens(source, defines);
	}

	peek(ahead = 0): Token {
		return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
	}

	next(): Token {
		return this.#tokens[this.#at < this.#tokens.length - 1 ? this.#at++ : this.#at]!;
	}

	/** The one taken last. */
	get last(): Token {
		return this.#tokens[Math.max(0, this.#at - 1)]!;
	}

	error(message: string, token = this.peek()): ScriptError {
		return new ScriptError(`${this.name}:${token.line}: ${message}, at "${token.text}"`);
	}

	unsupported(feature: string, token = this.peek()): Unsupported {
		return new Unsupported(`${this.name}:${token.line}: ${feature}`, feature);
	}

	is(type: string, text?: string, ahead = 0): boolean {
		const token = this.peek(ahead);
		return token.type === type && (text === undefined || token.text === text);
	}

	expect(type: string, text?: string): Token {
		if (!this.is(type, text)) throw this.error(`expected ${text ?? type}`);
		return this.next();
	}

	accept(type: string, text?: string): boolean {
		if (!this.is(type, text)) return false;
		this.next();
		return true;
	}

	/** Takes an integer that follows the word, if the word is there. */
	labelled(word: string): number | undefined {
		return this.accept("word", word) ? this.expect("int").value : undefined;
	}
}
