// modules/data/url: absolute URLs of special schemes, which is what clients of a network want. https://url.spec.whatwg.org/

const PORTS = { http: "80", https: "443", ws: "80", wss: "443", mqtt: "", mqtts: "" };
const PATTERN = /^([a-z][a-z0-9+.-]*):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^:/?#]+)(?::(\d+))?([^?#]*)(\?[^#]*)?(#.*)?$/i;

/** What the SDK's class URL asks for by number. */
const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "query", "hash", "origin"];

export function fx_parseURL(text, base, part) {
	if (part !== undefined) throw new Error(`URL: setting ${PARTS[part]} has no stand-in`);
	const found = PATTERN.exec(text);
	if (found === null) throw new URIError(`URL ${text}: expected scheme://host[:port]/path`);
	const [, scheme, username = "", password = "", hostname, port = "", path, query = "", hash = ""] = found;
	const protocol = `${scheme.toLowerCase()}:`;
	const shown = port === PORTS[scheme.toLowerCase()] ? "" : port;
	const host = hostname.toLowerCase() + (shown === "" ? "" : `:${shown}`);
	const pathname = path === "" ? "/" : path;
	const credentials = username === "" ? "" : `${username}${password === "" ? "" : `:${password}`}@`;
	const origin = `${protocol}//${host}`;
	const href = `${protocol}//${credentials}${host}${pathname}${query}${hash}`;
	return {
		href,
		protocol,
		username,
		password,
		host,
		hostname: hostname.toLowerCase(),
		port: shown,
		pathname,
		query,
		hash,
		origin,
	};
}

export function fx_serializeURL(parts, part = 0) {
	return parts[PARTS[part]];
}

export function fx_parseQuery(query) {
	const text = query.startsWith("?") ? query.slice(1) : query;
	if (text === "") return [];
	return text.split("&").map((pair) => {
		const [name, value = ""] = pair.split("=").map((half) => decodeURIComponent(half.replaceAll("+", " ")));
		return { name, value };
	});
}

export function fx_serializeQuery(pairs) {
	return pairs.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}
