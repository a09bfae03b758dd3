// manifests: examples/io/tcp/fetch/manifest_fetch.json
// The SDK's TLSSocket and, over it, its HTTP client with its own configuration. The certificate to trust comes by plain HTTP.

import "httpclient/config";
import "httpsclient/config";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { fetch } from "fetch";
import { Checksum } from "./checksum.js";

const ADDRESS = "192.168.77.1";

/** A line to a server that sends it back reversed, again and again. */
function talk(name, certificate) {
	let heard = "";
	let asked = 0;
	const ask = () => socket.write(ArrayBuffer.fromString(`question ${++asked} ${"abc".repeat(300)}\n`));
	const socket = new TLSSocket({
		host: "secure.test",
		address: ADDRESS,
		port: 4433,
		TCP: { io: TCP },
		secure: { certificate },
		onWritable() {
			if (asked === 0) ask();
		},
		onReadable(count) {
			heard += String.fromArrayBuffer(socket.read(count));
			if (!heard.endsWith("\n")) return;
			if (asked < 5) return void ask();
			trace(`${name} heard ${heard.split("\n").map((line) => `${line.length}:${line.slice(-10)}`)}\n`);
			socket.close();
		},
		onError() {
			trace(`${name} failed\n`);
		},
	});
}

function get(path, certificate) {
	const { https } = device.network;
	const sum = new Checksum();
	let answer;
	const client = new https.io({
		...https,
		socket: { ...https.socket, secure: { ...https.socket.secure, certificate } },
		host: "secure.test",
		port: 4434,
		onError(error) {
			trace("client error ", error, "\n");
		},
	});
	client.request({
		path,
		onHeaders(status) {
			answer = status;
		},
		onReadable(count) {
			sum.add(this.read(count));
		},
		onDone(error) {
			trace(`https ${answer} ${sum} ${error}\n`);
			client.close();
		},
	});
}

export default async function () {
	const load = async (name) => await (await fetch(`http://web.test:8000/files/${name}`)).arrayBuffer();
	const authority = await load("ca.der");
	const stranger = await load("other.der");
	talk("trusting", authority);
	talk("distrusting", stranger);
	get("/page", authority);
}
