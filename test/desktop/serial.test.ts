// UARTs of simulated boards as a user has them: ptys with links, UNIX streams and null-modem cables, from the command line.

import {
	closeSync,
	constants,
	lstatSync,
	mkdtempSync,
	openSync,
	readFileSync,
	readSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { endSimulations, Simulation } from "./support/simulation.ts";

const folder = mkdtempSync(join(tmpdir(), "multihome-serial-"));

afterAll(() => {
	endSimulations();
	rmSync(folder, { recursive: true, force: true });
});

class Run extends Simulation {
	constructor(...args: string[]) {
		super(args, { patienceMs: 90_000 });
	}
}

async function until(met: () => boolean): Promise<void> {
	for (const end = Date.now() + 90_000; !met();) {
		if (Date.now() > end) throw new Error("it did not happen in 90 s");
		await new Promise((done) => setTimeout(done, 10));
	}
}

function board(name: string, ...interfaces: object[]): string {
	const path = join(folder, name);
	writeFileSync(path, JSON.stringify({ interfaces }));
	return path;
}

/** Prints what the interfaces are, with their addresses of IPv4, twice a second. */
function reporter(): string {
	const path = join(folder, "report.js");
	writeFileSync(
		path,
		`import { statusOf } from "multihome/status";
import Timer from "timer";
import { print } from "host/system";
export default ({ stack }) => {
	Timer.repeat(() => print(statusOf(stack).interfaces.map(({ name, up, addresses }) => [name, up, addresses.filter((each) => !each.includes(":")).join()].join(" ")).join("; ")), 500);
};
`,
	);
	return path;
}

/** What a new frame of LCP begins with, all controls escaped. RFC 1662 §3.1. */
const LCP = Buffer.from([0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21]);

describe("a board's UART", () => {
	it("is a pty with a link, which replaces an old link and is removed at the end; the link is up while somebody has it open", async () => {
		const link = join(folder, "ppp0");
		symlinkSync("/dev/gone", link);
		const run = new Run("--board", board("pty.json", { name: "ppp0", link: "ppp", wire: "pty:ppp0", ppp: {} }));
		await run.until(/^ppp0 +\/dev\/pts\/\d+ = .*ppp0 +\(pty, 115200 baud\)$/m);
		expect(readlinkSync(link)).toMatch(/^\/dev\/pts\/\d+$/);
		for (let again = 0; again < 2; again++) {
			const fd = openSync(link, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
			const heard: Buffer[] = [];
			await until(() => {
				const chunk = Buffer.alloc(1000);
				try {
					heard.push(chunk.subarray(0, readSync(fd, chunk)));
				} catch (error) {
					if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
				}
				return Buffer.concat(heard).includes(LCP);
			});
			closeSync(fd);
		}
		expect(await run.stop()).toBe(0);
		expect(lstatSync(link, { throwIfNoEntry: false })).toBe(undefined);
	});

	it("does not replace what is no link", async () => {
		const path = join(folder, "precious");
		writeFileSync(path, "mine");
		const run = new Run("--board", board("file.json", { name: "ppp0", link: "ppp", wire: "pty:precious" }));
		expect(await run.ended).toBe(1);
		expect(run.text).toContain(
			`interfaces[0].wire "pty:precious": ${path}: there is something that is no symbolic link; remove it, or give another path`,
		);
		expect(readFileSync(path, "utf8")).toBe("mine");
	});

	it("is a stream of bare bytes to a UNIX socket", async () => {
		const heard: Buffer[] = [];
		const server = createServer((socket) => socket.on("data", (chunk) => heard.push(chunk)));
		await new Promise<void>((done) => server.listen(join(folder, "modem.socket"), done));
		const run = new Run("--board", board("stream.json", { name: "ppp0", link: "ppp", wire: "stream:modem.socket" }));
		await until(() => Buffer.concat(heard).includes(LCP));
		expect(await run.stop()).toBe(0);
		server.close();
	});

	it("leads to another board's by a null-modem cable, and to one of its own", async () => {
		const end = (name: string, wire: string, port: number, ppp: object) => ({
			name,
			link: "ppp",
			wire,
			baud: 921_600,
			pins: { port },
			ppp,
		});
		const app = reporter();
		const run = new Run(
			"--board",
			board("a.json", end("ppp0", "null:lab", 0, { local: "10.5.0.1", remote: "10.5.0.2" })),
			"--board",
			board(
				"b.json",
				end("ppp0", "null:lab", 0, {}),
				end("ppp1", "null:own", 1, { local: "10.6.0.1", remote: "10.6.0.2" }),
				end("ppp2", "null:own", 2, {}),
			),
			"--app",
			app,
		);
		await run.until(/\[a\] .*ppp0 true 10\.5\.0\.1\/32/);
		await run.until(/\[b\] .*ppp0 true 10\.5\.0\.2\/32; ppp1 true 10\.6\.0\.1\/32; ppp2 true 10\.6\.0\.2\/32/);
		expect(await run.stop()).toBe(0);
	});
});
