// The command lines of hosts/examples/README.md, word for word, each block in a network of its own: what they print is what the programs are for.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "multihome-readme-"));
/** Debian's folders of daemons too, which are not in every PATH. */
const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
const can = (tool: string) => spawnSync("which", [tool], { env }).status === 0;
/** A network namespace, as root or as anybody. */
const unshare = process.getuid?.() === 0 ? ["-n"] : ["-rn"];
const isolated = can("unshare") && can("ip") && spawnSync("unshare", [...unshare, "ip", "link", "set", "lo", "up"]).status === 0;

/** What must be there, and what must be said, by program. */
const EXPECTED: Readonly<Record<string, { tools: string[]; says: RegExp[] }>> = {
	"http-server": { tools: ["curl"], says: [/^200 OK$/m, /^hello$/m] },
	"http-get": { tools: ["python3"], says: [/^200 text\/html/m, /^[1-9]\d* bytes$/m] },
	"mqtt-publish": {
		tools: ["mosquitto", "mosquitto_sub", "mosquitto_pub"],
		says: [/^connected to 192\.168\.77\.1$/m, /^boards\/one line \d+$/m, /^boards\/one\/say: hello$/m],
	},
	"udp-time": { tools: ["chronyd"], says: [/^\d{4}-\S+Z ± \d+ ms$/m] },
	ping: { tools: [], says: [/^3 sent, 3 received, 0 % lost$/m] },
	failover: { tools: ["socat"], says: [/^192\.168\.77\.1 by eth0$/m] },
	"ppp-gateway": { tools: ["chat", "slirp-fullbolt", "curl"], says: [/"way":"eth0"/, /"phase":"network"/] },
	"slip-bridge": { tools: ["socat", "slirp-fullbolt"], says: [/^hello$/m] },
};

const blocks = [...readFileSync(join(root, "hosts/examples/README.md"), "utf8").matchAll(/```sh\n([^]*?)```/g)]
	.map(([, block]) => block!.trim().split("\n"))
	.filter((lines) => lines.some((line) => line.startsWith("npm run simulate ")));
const programOf = (lines: string[]) => /--app hosts\/examples\/(\S+)\.ts/.exec(lines.join(" "))![1]!;

/** A shell's script: the board in the background, the rest once it runs, each until it works. */
function scriptOf(lines: string[], output: string): string {
	const at = lines.findIndex((line) => line.startsWith("npm run simulate "));
	const after = lines.slice(at + 1).map((line) =>
		// A peer that starts with the board may need a moment until the line is up.
		line.endsWith("&") ? `${line}\nsleep 3` : line,
	);
	return [
		"ip link set lo up",
		...lines.slice(0, at),
		`${lines[at]} >${output} 2>&1 &`,
		`for i in $(seq 900); do grep -q '^eth0 ' ${output} && break; sleep 0.1; done`,
		"sleep 1",
		...after,
		"sleep 100",
	].join("\n");
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the command lines of hosts/examples/README.md", () => {
	it("are there for every program", () => {
		expect(blocks.map(programOf).sort()).toEqual(Object.keys(EXPECTED).sort());
	});

	for (const lines of blocks) {
		const program = programOf(lines);
		const { tools, says } = EXPECTED[program] ?? { tools: [], says: [] };
		it.skipIf(!isolated || !tools.every(can))(
			`do what they say: ${program}`,
			async () => {
				const output = join(folder, `${program}.out`);
				const child = spawn("unshare", [...unshare, "bash", "-c", scriptOf(lines, output)], {
					cwd: root,
					env,
					stdio: ["ignore", "pipe", "pipe"],
					detached: true,
				});
				let said = "";
				for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
				const all = () => {
					try {
						return said + readFileSync(output, "utf8");
					} catch {
						return said;
					}
				};
				try {
					const end = Date.now() + 100_000;
					while (!says.every((each) => each.test(all())) && Date.now() < end && child.exitCode === null)
						await new Promise((done) => setTimeout(done, 100));
					for (const each of says) expect(all()).toMatch(each);
				} finally {
					// The shell and all that it started, which are a group of their own.
					process.kill(-child.pid!, "SIGTERM");
				}
			},
			120_000,
		);
	}
});
