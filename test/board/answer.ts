// What comes back by HTTP, for whoever reads it piece by piece.

/** What comes back by HTTP/1.1, with a length or in chunks (RFC 9112 §6). */
export class Answer {
	#text = "";
	readonly #keep: boolean;

	/** `keep`: another answer may follow on the connection, so that its end must be found. */
	constructor(keep: boolean) {
		this.#keep = keep;
	}

	add(data: Uint8Array): void {
		this.#text += new TextDecoder("latin1").decode(data);
	}

	clear(): void {
		this.#text = "";
	}

	get good(): boolean {
		return this.is(200);
	}

	is(status: number): boolean {
		return this.#text.startsWith(`HTTP/1.1 ${status} `);
	}

	get firstLine(): string {
		return this.#text.slice(0, this.#text.indexOf("\r"));
	}

	/** Bytes so far, and of its head, once that is complete. */
	get length(): number {
		return this.#text.length;
	}

	get headLength(): number | undefined {
		return this.#head < 4 ? undefined : this.#head;
	}

	/** Whether the connection ends with it. */
	get closes(): boolean {
		return /\r\nconnection: *close\r\n/i.test(this.#text);
	}

	get #head(): number {
		return this.#text.indexOf("\r\n\r\n") + 4;
	}

	get complete(): boolean {
		if (this.#head < 4) return false;
		const head = this.#text.slice(0, this.#head);
		const length = /content-length: *(\d+)/i.exec(head)?.[1];
		if (length !== undefined) return this.#text.length - this.#head >= Number(length);
		if (/transfer-encoding: *chunked/i.test(head)) return /(^|\r\n)0+\r\n\r\n$/.test(this.#text.slice(this.#head));
		return !this.#keep;
	}

	get body(): string {
		const rest = this.#text.slice(this.#head);
		if (!/transfer-encoding: *chunked/i.test(this.#text.slice(0, this.#head))) return rest;
		let text = "";
		for (let at = 0; ;) {
			const line = rest.indexOf("\r\n", at);
			const size = Number.parseInt(rest.slice(at, line), 16);
			if (!(size > 0)) return text;
			text += rest.slice(line + 2, line + 2 + size);
			at = line + 2 + size + 2;
		}
	}
}
