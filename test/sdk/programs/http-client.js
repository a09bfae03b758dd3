// manifests: examples/io/tcp/httpclient/manifest_httpclient.json
// The SDK's HTTP client with its own configuration: five requests on one connection, with bodies both ways.

import "httpclient/config";
import { Checksum, pattern } from "./checksum.js";

const client = new device.network.http.io({
	...device.network.http,
	host: "web.test",
	port: 8000,
	onError(error) {
		trace("client error ", error, "\n");
	},
});

function request(method, path, body) {
	const sum = new Checksum();
	let sent = 0;
	let answer;
	client.request({
		method,
		path,
		headers: new Map(body === undefined ? [] : [["content-length", body.length]]),
		onHeaders(status, headers) {
			answer = `${status} ${headers.get("x-requests")}`;
		},
		onWritable(count) {
			const part = body.subarray(sent, sent + count);
			sent += part.length;
			this.write(part);
		},
		onReadable(count) {
			sum.add(this.read(count));
		},
		onDone(error) {
			trace(`${method} ${path}: ${answer} ${sum} ${error}\n`);
		},
	});
}

export default function () {
	request("GET", "/bytes/300000");
	request("POST", "/echo", pattern(50_000));
	request("GET", "/chunked/100000");
	request("GET", "/missing");
	request("PUT", "/echo", pattern(1));
}
