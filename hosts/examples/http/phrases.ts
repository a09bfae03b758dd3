// What heads are made of.

/** In an object: a text in flash costs nothing where it is read of one; a literal in the code of a board is copied each time that it is evaluated. */
export const TEXT = Object.freeze({
	version: "HTTP/1.1 ",
	space: " ",
	unnamed: "Status",
	type: "\r\nContent-Type: ",
	length: "\r\nContent-Length: ",
	chunked: "\r\nTransfer-Encoding: chunked",
	always: "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
	close: "Connection: close\r\n",
	keepAlive: "Connection: keep-alive\r\n",
	end: "\r\n",
});

/** The usual names of the statuses that are answered. RFC 9110 §15. */
export const REASONS: Readonly<Record<number, string>> = Object.freeze({
	200: "OK",
	204: "No Content",
	302: "Found",
	304: "Not Modified",
	400: "Bad Request",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	408: "Request Timeout",
	413: "Content Too Large",
	414: "URI Too Long",
	417: "Expectation Failed",
	421: "Misdirected Request",
	431: "Request Header Fields Too Large",
	500: "Internal Server Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	505: "HTTP Version Not Supported",
});
