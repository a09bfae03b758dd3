// Runs packetdrill scripts against the stack, published ones too.   node test/rfc/run.mjs [--without=wscale,sackOK,TS] FILE …
// --without takes TCP options that the stack lacks out of the script's packets.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { createServer } from "vite";

const args = process.argv.slice(2);
const files = args.filter((arg) => !arg.startsWith("--"));
const without = args
	.find((arg) => arg.startsWith("--without="))
	?.slice("--without=".length)
	.split(",");
if (files.length === 0 || args.some((arg) => arg.startsWith("--") && !arg.startsWith("--without="))) {
	console.error("usage: node test/rfc/run.mjs [--without=wscale,sackOK,TS] FILE …");
	process.exit(2);
}

const server = await createServer({
	configFile: false,
	server: { middlewareMode: true, watch: null, ws: false },
	optimizeDeps: { noDiscovery: true },
	logLevel: "error",
});
let failed = 0;
try {
	const { parseScript } = await server.ssrLoadModule("/test/rfc/parser.ts");
	const { Runner } = await server.ssrLoadModule("/test/rfc/runner.ts");
	for (const file of files) {
		try {
			new Runner(parseScript(basename(file), readFileSync(file, "utf8")), { without, strictEnd: false }).run();
			console.log(`passed ${file}`);
		} catch (error) {
			failed++;
			console.log(`FAILED ${error.name === "ScriptError" ? error.message : error.stack}`);
		}
	}
} finally {
	await server.close();
}
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
