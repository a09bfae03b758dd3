// Runs packetdrill scripts against the stack, published ones too.   node test/rfc/run.mjs [options] FILE|FOLDER …
// A folder is searched for *.pkt; of each there is a line of counts, and below it why scripts are not to the letter. `--list`: one line a script, with what went otherwise.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { createServer } from "vite";

const USAGE = `usage: node test/rfc/run.mjs [options] FILE|FOLDER …
  --list                          one line a script, and what went otherwise than it says
  --only=TEXT                     scripts whose path has TEXT in it
  --set=NAME=VALUE                an option for scripts that do not name it, e.g. --set=ip_version=ipv6
  --define=NAME=VALUE             what a word of the scripts stands for
  --without=wscale,sackOK,TS      takes TCP options that the stack lacks out of the scripts' packets`;

function fail() {
	console.error(USAGE);
	process.exit(2);
}

const places = [];
const options = new Map();
const defines = new Map([["STANDARD", ""]]);
let [list, only, without] = [false, "", undefined];
for (const arg of process.argv.slice(2)) {
	const [, name, value] = /^--(\w+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
	if (name === undefined) places.push(arg);
	else if (name === "list") list = true;
	else if (name === "only" && value) only = value;
	else if (name === "without" && value) without = value.split(",");
	else if ((name === "set" || name === "define") && value?.includes("=")) {
		const [key, ...rest] = value.split("=");
		(name === "set" ? options : defines).set(key, rest.join("="));
	} else fail();
}
if (places.length === 0) fail();

function scriptsIn(place) {
	if (!statSync(place).isDirectory()) return [place];
	return readdirSync(place, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const path = join(place, entry.name);
			return entry.isDirectory() ? scriptsIn(path) : entry.name.endsWith(".pkt") ? [path] : [];
		});
}

/** Google's scripts for one family say so by their names alone; its own runner gives those for IPv6 an MTU for the same MSS. */
function family(file, source) {
	const six = file.endsWith("v6.pkt") && !source.includes("--ip_version");
	return six
		? [
				["ip_version", "ipv6"],
				["mtu", "1520"],
			]
		: [];
}

const server = await createServer({
	configFile: false,
	server: { middlewareMode: true, watch: null, ws: false },
	optimizeDeps: { noDiscovery: true },
	logLevel: "error",
});
let bad = 0;
try {
	const { judge, reasonOf, tally } = await server.ssrLoadModule("/test/rfc/suite.ts");
	for (const place of places) {
		const verdicts = [];
		for (const file of scriptsIn(place).filter((path) => path.includes(only))) {
			const name = relative(place, file) || file;
			let verdict;
			try {
				const source = readFileSync(file, "utf8");
				verdict = judge(name, source, { without, options: new Map([...family(file, source), ...options]), defines });
			} catch (error) {
				verdict = { kind: "differs", message: `${name}: the interpreter or the stack threw: ${error.stack}` };
			}
			verdicts.push(verdict);
			if (list)
				console.log(
					verdict.kind === "letter"
						? `letter       ${name}`
						: `${verdict.kind.padEnd(12)} ${reasonOf(verdict)}\n${verdict.message}\n`,
				);
		}
		const { letter, allowed, differs, unsupported, reasons } = tally(verdicts);
		bad += differs;
		console.log(
			`${place}: ${verdicts.length} scripts: ${letter} to the letter, ${allowed} as an RFC allows, ${differs} differ, ${unsupported} not supported`,
		);
		for (const [reason, count] of reasons) console.log(`${String(count).padStart(6)}  ${reason}`);
	}
} finally {
	await server.close();
}
process.exitCode = bad > 0 ? 1 : 0;
