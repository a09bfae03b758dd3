// Which path is answered by what.

import { Whole, type Exchange } from "../http.ts";
import { Pattern } from "./bytes.ts";
import { PAGE } from "./page.ts";
import type { Report } from "./report.ts";
import { Sink } from "./sink.ts";

const MAX_BYTES = 2 ** 31;
const BYTES = "/bytes/";
/** The page is one piece, and nothing it shows comes from elsewhere. */
const PAGE_POLICY =
	"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:\r\n";

export class Routes {
	readonly #report: Report;
	readonly #page = new Whole(PAGE);
	readonly #pattern = new Pattern();

	constructor(report: Report) {
		this.#report = report;
	}

	answer(exchange: Exchange): void {
		const path = exchange.path;
		if (path === "/") {
			if (reading(exchange)) exchange.stream(200, "text/html; charset=us-ascii", PAGE.byteLength, this.#page, PAGE_POLICY);
		} else if (path === "/status") {
			if (reading(exchange)) this.#status(exchange);
		} else if (path.startsWith(BYTES)) {
			if (reading(exchange)) this.#bytes(exchange, path.slice(BYTES.length));
		} else if (path === "/sink") {
			if (allowed(exchange, exchange.method === "POST", "POST")) exchange.receive(new Sink());
		} else exchange.status(404);
	}

	/** Whoever comes while others are still being told finds the next telling soon: a second is what the page waits, too. */
	#status(exchange: Exchange): void {
		const telling = this.#report.tell();
		if (telling === undefined) exchange.status(503, "Retry-After: 1\r\n");
		else exchange.pieces(200, "application/json", telling);
	}

	#bytes(exchange: Exchange, count: string): void {
		const length = Number(count);
		if (!/^[0-9]{1,10}$/.test(count) || length > MAX_BYTES)
			exchange.text(400, "text/plain", `/bytes/N: expected N from 0 to ${MAX_BYTES}\n`);
		else exchange.stream(200, "application/octet-stream", length, this.#pattern);
	}
}

function reading(exchange: Exchange): boolean {
	return allowed(exchange, exchange.method === "GET" || exchange.method === "HEAD", "GET, HEAD");
}

/** Whether the method is one for this path; otherwise that is the answer. RFC 9110 §15.5.6. */
function allowed(exchange: Exchange, is: boolean, methods: string): boolean {
	if (!is) exchange.status(KNOWN.indexOf(exchange.method) < 0 ? 501 : 405, `Allow: ${methods}\r\n`);
	return is;
}

/** RFC 9110 §9.1: a method that nobody here has heard of is another mistake than one that is not for this path. */
const KNOWN = Object.freeze(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);
