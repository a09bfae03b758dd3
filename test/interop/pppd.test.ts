// The board against pppd, each as client and as server, with every authentication; TCP with Linux behind it.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BoardFile } from "../../hosts/desktop/config.ts";
import { Board, interfaceOf } from "./support/board.ts";
import type { Namespace } from "./support/namespace.mjs";
import { missing, Namespace as Namespaces } from "./support/namespace.mjs";
import { Pppd, PppdFolder } from "./support/pppd.ts";
import { describeWith, endOf, pause, report } from "./support/setup.ts";
import { download, errorsOf, speed, upload, uploadOf } from "./support/transfers.ts";

const BOARD = "192.168.99.1";
const LINUX = "192.168.99.2";
/** Beside the link, so that /status can be asked while it is down. */
const BESIDE = "192.168.77.2";
const BYTES = Number(process.env["INTEROP_PPP_BYTES"] ?? 200_000);

const AUTHS = ["", "pap", "chap-md5", "ms-chap-v2"] as const;
const REQUIRE: Record<string, string> = { pap: "require-pap", "chap-md5": "require-chap", "ms-chap-v2": "require-mschap-v2" };

function boardFile(tty: string, ppp: Record<string, unknown>): BoardFile {
	return {
		limits: { heap: 0, sockets: { tcp: 16, udp: 4, receiveBuffer: 11_680, sendBuffer: 11_680 }, packets: 32 },
		interfaces: [
			{ name: "ppp0", link: "ppp", wire: `pty:${tty}`, baud: 3_000_000, ppp: { ipv6: true, holdoff: 1, ...ppp } },
			{ name: "eth0", wire: "tap:tap0", addresses: [`${BESIDE}/24`] },
		],
	} as BoardFile;
}

describeWith(["pppd"], "pppd", () => {
	let folder: PppdFolder;
	let namespace: Namespace;
	let board: Board | undefined;
	let pppd: Pppd | undefined;

	beforeAll(async () => {
		folder = await PppdFolder.create();
		namespace = await Namespaces.create();
		await namespace.sysctl("net.ipv6.conf.all.disable_ipv6=0");
		await namespace.sysctl("net.ipv6.conf.default.disable_ipv6=0");
		await namespace.tap("tap0", "192.168.77.1/24");
	});

	afterAll(async () => {
		await namespace.close();
		folder.discard();
	});

	async function ppp() {
		return interfaceOf(await board!.status(BESIDE), "ppp0").ppp!;
	}

	/** Waits until the board's link is in that phase; answers the ms that it took. */
	async function phase(wanted: string, seconds = 10): Promise<number> {
		const started = performance.now();
		for (;;) {
			const state = await ppp();
			if (state.phase === wanted) return performance.now() - started;
			if (performance.now() - started > seconds * 1000)
				throw new Error(`phase ${state.phase}, expected ${wanted}: ${JSON.stringify(state)}\n${pppd!.output}`);
			await pause(50);
		}
	}

	/** Ends both. tshark must have nothing against the link's frames and bytes. */
	async function end(options: { outboundOnly?: boolean } = {}): Promise<void> {
		const wrong = await endOf(board!, options);
		await pppd?.stop();
		board!.discard();
		expect(wrong).toBe("");
	}

	/** Ping, and TCP both ways at once. */
	async function use(what: string, came: number): Promise<void> {
		await pppd!.addressed();
		const { stdout } = await namespace.exec("ping", ["-n", "-c", "3", "-i", "0.05", "-W", "2", BOARD]);
		expect(stdout, `${what}: ${pppd!.output}`).toContain("3 received");
		const transfers = await Promise.all([
			download(namespace, BOARD, BYTES),
			upload(namespace, BOARD, uploadOf(folder.folder, BYTES)),
		]);
		expect(errorsOf(transfers), what).toBe("");
		report(`${what}: up after ${came.toFixed(0)} ms, ${transfers.map(speed).join(", ")}`);
	}

	/** Up, used, ended by pppd, and the same once more; then ended by the board. */
	async function twice(what: string, options: Record<string, unknown>, arguments_: readonly string[]): Promise<void> {
		board = await Board.start(namespace, boardFile(folder.tty, options));
		try {
			for (let dial = 1; dial <= 2; dial++) {
				pppd = new Pppd(namespace, folder, arguments_);
				const came = await phase("running");
				expect(came, `ms until the link was up\n${pppd.output}`).toBeLessThan(2000);
				const state = await ppp();
				expect(state).toMatchObject({ local: BOARD, remote: LINUX, ipv6cp: "opened", reason: "" });
				if (dial === 1) await use(what, came);
				await pppd.stop();
				await phase("dead");
				expect((await ppp()).reason).toContain("the peer ended the link");
				expect(pppd.output).toContain("Connection terminated");
			}
			pppd = new Pppd(namespace, folder, arguments_);
			await phase("running");
		} finally {
			await end();
		}
		expect(pppd.output).toContain("LCP terminated by peer");
	}

	it.each(AUTHS)("gives the board its address, authentication asked for: %j", async (auth) => {
		const demands = auth === "" ? ["noauth"] : ["auth", REQUIRE[auth]!];
		await twice(`client, ${auth || "no authentication"}`, auth === "" ? {} : { user: "anna", password: "geheim" }, [
			...demands,
			"novj",
			"+ipv6",
			`${LINUX}:${BOARD}`,
		]);
	});

	it.each(AUTHS)("gets its address from the board, which asks for authentication: %j", async (auth) => {
		const demands = auth === "" ? {} : { auth, accounts: { anna: "geheim" } };
		await twice(`server, ${auth || "no authentication"}`, { local: BOARD, remote: LINUX, ...demands }, [
			"noauth",
			"novj",
			"+ipv6",
			"user",
			"anna",
			"password",
			"geheim",
			"ipcp-accept-local",
			"noipdefault",
		]);
	});

	it.skipIf(missing("radvd") !== "")("has IPv6 by IPV6CP and radvd's advertisements on the link", async () => {
		const prefix = "2001:db8:99:1";
		board = await Board.start(namespace, boardFile(folder.tty, {}));
		pppd = new Pppd(namespace, folder, ["noauth", "novj", "+ipv6", `${LINUX}:${BOARD}`]);
		let radvd: ChildProcess | undefined;
		try {
			await phase("running");
			await namespace.ip("address", "add", `${prefix}::1/64`, "dev", "ppp0", "nodad");
			const file = join(folder.folder, "radvd.conf");
			const on =
				"AdvSendAdvert on; AdvSourceLLAddress off; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvCurHopLimit 61; AdvLinkMTU 1400;";
			writeFileSync(file, `interface ppp0 { ${on} prefix ${prefix}::/64 { AdvOnLink off; }; DNSSL home.example {}; };\n`);
			radvd = namespace.spawn("radvd", ["-n", "-C", file, "-p", join(folder.folder, "radvd.pid"), "-m", "stderr"]);
			let said = "";
			radvd.stderr!.on("data", (part: Buffer) => (said += part.toString()));
			const six = async () => interfaceOf(await board!.status(BESIDE), "ppp0").ipv6!;
			for (let i = 0; i < 100 && (await six()).addresses.length === 0; i++) await pause(50);
			const state = await six();
			expect(state, said).toMatchObject({ hopLimit: 61, mtu: 1400, domains: ["home.example"], refused: 0 });
			const { address } = state.addresses[0]!;
			const { stdout } = await namespace.exec("ping", ["-6", "-n", "-c", "3", "-i", "0.05", "-W", "2", "-s", "1200", address]);
			expect(stdout).toContain("3 received");
			expect(stdout).toContain("ttl=61");
			const transfers = await Promise.all([
				download(namespace, `[${address}]`, 50_000),
				upload(namespace, `[${address}]`, uploadOf(folder.folder, 50_000)),
			]);
			expect(errorsOf(transfers)).toBe("");
			report(`IPv6 over PPP: ${address}, ${transfers.map(speed).join(", ")}`);
		} finally {
			radvd?.kill();
			await end();
		}
	});

	it("is refused with a wrong password, and says so", async () => {
		board = await Board.start(
			namespace,
			boardFile(folder.tty, { local: BOARD, remote: LINUX, auth: "ms-chap-v2", accounts: { anna: "another" } }),
		);
		pppd = new Pppd(namespace, folder, ["noauth", "novj", "user", "anna", "password", "geheim", "noipdefault"]);
		expect(await pppd.ended).toBe(19); // pppd(8): we failed to authenticate ourselves to the peer
		await phase("dead", 15);
		expect((await ppp()).reason).toContain(`ms-chap-v2: wrong name or password from "anna"`);
		await end();
	});
});
