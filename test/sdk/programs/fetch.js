// manifests: examples/io/tcp/fetch/manifest_fetch.json
// The SDK's fetch with its own configuration: JSON, a body that is given back, a redirection.

import "httpclient/config";
import "httpsclient/config";
import { fetch } from "fetch";
import { checksum, pattern } from "./checksum.js";

export default async function () {
	const got = await (await fetch("http://web.test:8000/json")).json();
	trace(`json ${got.text} ${got.list.length}\n`);
	const body = pattern(20_000).buffer;
	const echo = await fetch("http://web.test:8000/echo", { method: "POST", body });
	trace(`echo ${echo.status} ${checksum(await echo.arrayBuffer())}\n`);
	const moved = await fetch("http://web.test:8000/moved");
	trace(`moved ${moved.redirected} ${moved.url} ${await moved.text()}\n`);
}
