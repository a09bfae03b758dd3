// Every target: its firmware is bundled, hosts/boards.md lists it with the command that makes it and with the pins of its board file, and its wires are drawn as that says.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { bundleTarget, subplatformOf } from "../../build/firmware.mjs";
import { nativeModules } from "../../build/host-manifest.mjs";
import { pathOf, XS, xsOf } from "../../build/modules.mjs";
import { WIRED, boardFileOf, wiringOf } from "../../build/wiring.mjs";
import { pinsOf, readBoard } from "../../hosts/desktop/board.ts";
import type { ChipPins } from "../../hosts/desktop/config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "hosts/boards.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "multihome-targets-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TARGETS = ["pico", "esp32"].flatMap((family) =>
	readdirSync(join(root, "hosts", family, "targets")).map((target) => [family, target] as const),
);

const home = (family: string, target: string) => join(root, "hosts", family, "targets", target);
const chipsOf = (family: string, target: string): [string, ChipPins][] =>
	readBoard(join(home(family, target), "board.json")).file.interfaces.flatMap((each) => {
		const pins = pinsOf(each);
		return pins === undefined ? [] : [[each.driver!, pins] as [string, ChipPins]];
	});

/** The cells of the page's rows that begin with this one. */
function rows(first: string): string[][] {
	return page
		.split("\n")
		.map((line) => line.split("|").map((cell) => cell.trim()))
		.filter((cells) => cells[1] === first)
		.map((cells) => cells.slice(2));
}

/** Pins that a chip's maker or the module keeps, or that choose how it starts: ESP-IDF 6.0 programming guide, "GPIO & RTC GPIO". */
const KEPT: Record<string, number[]> = {
	esp32: [0, 2, 5, 6, 7, 8, 9, 10, 11, 12, 15],
	"esp32/esp32s3": [0, 3, 19, 20, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 45, 46],
	"esp32/esp32c3": [2, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19],
};

describe.each(TARGETS)("%s: %s", (family, target) => {
	test("is bundled, with the pins of its board file and C that is there", async () => {
		const made = await bundleTarget(family, { target, out: join(folder, target) });
		const main = readFileSync(join(made.folder, "main.js"), "utf8");
		for (const [, pins] of chipsOf(family, target))
			for (const [name, value] of Object.entries(pins))
				if (value >= 0 && name !== "hz") expect(main).toMatch(new RegExp(`\\b${name}: ${value}\\b`));
		const manifest = join(made.folder, "manifest.json");
		const { include } = JSON.parse(readFileSync(manifest, "utf8")) as { include: string[] };
		for (const each of include) {
			const path = resolve(dirname(manifest), each);
			expect(existsSync(path)).toBe(true);
			expect(nativeModules(path).length).toBeGreaterThan(0);
		}
	});

	test("has of the data path's C what its modules need", async () => {
		const made = await bundleTarget(family, { target, out: join(folder, target) });
		const parts = readFileSync(join(made.folder, "multihome-parts.h"), "utf8");
		const natives = [...readFileSync(join(made.folder, "codec.js"), "utf8").matchAll(/^export function (\w+)/gm)].map(
			([, name]) => name,
		);
		const lines = made.carried.includes("multihome/ppp");
		const byPio = chipsOf(family, target).some(([, { bus }]) => bus === 2);
		const six = made.carried.includes("multihome/ipv6");
		expect(parts).toBe(
			`#define MULTIHOME_LINES ${lines ? 1 : 0}\n#define MULTIHOME_PINGS 0\n#define MULTIHOME_RAW 0\n#define MULTIHOME_IPV6 ${six ? 1 : 0}\n#define MULTIHOME_VLAN 0\n#define MULTIHOME_BRIDGE 0\n#define MULTIHOME_QUEUES 0\n#define MULTIHOME_ROUTER 0\n#define MULTIHOME_TUNNELS 0\n#define MULTIHOME_FAST_OPEN 0\n#define MULTIHOME_PIO ${byPio ? 1 : 0}\n`,
		);
		expect(natives.includes("linePack")).toBe(lines);
		expect(natives).not.toContain("echoSend");
		for (const name of ["linkTry", "linkAskRouters"]) expect(natives.includes(name)).toBe(six);
		for (const name of ["tcpConnect", "udpOpen", "linkArp"]) expect(natives).toContain(name);
		const { modules } = JSON.parse(readFileSync(join(made.folder, "manifest.json"), "utf8")) as {
			modules: Record<string, string>;
		};
		expect(existsSync(resolve(made.folder, modules["~"]!))).toBe(true);
	});

	test("is on the page of boards, with its command, what has been seen of it and when, and its pins", () => {
		const command = `\`npm run build:${family} -- --target ${target}\``;
		const lines = page.split("\n").filter((line) => line.includes(command));
		expect(lines).toHaveLength(1);
		expect(lines[0]).toMatch(/\| rung [3-6].*\d{4}-\d\d-\d\d/);
		const chips = chipsOf(family, target).map(([chip, { bus, clock, out, in: miso, select, interrupt, reset }]) => [
			chip.toUpperCase(),
			...[bus, clock, out, miso, select, interrupt, reset].map((pin) => (pin < 0 ? "none" : String(pin))),
		]);
		expect(rows(`\`${target}\``).map((cells) => cells.slice(0, 8))).toEqual(chips);
		// Each with where that is known from.
		expect(rows(`\`${target}\``).every((cells) => cells[8] !== "")).toBe(true);
	});

	test("has each pin once, and none that the board keeps", () => {
		const kept = KEPT[subplatformOf(target)] ?? [];
		const chips = chipsOf(family, target);
		const all = chips.flatMap(([, { clock, out, in: miso, select, interrupt, reset }]) =>
			[clock, out, miso, select, interrupt, reset].filter((pin) => pin >= 0),
		);
		expect(new Set(all).size).toBe(all.length);
		expect(all.filter((pin) => kept.includes(pin))).toEqual([]);
	});
});

/** Whether routers are told of its groups; else who joins one hears what is missing. */
function hasGroups({ carried, folder: out }: Awaited<ReturnType<typeof bundleTarget>>): boolean {
	const has = carried.includes("multihome/groups");
	expect(readFileSync(join(out, "main.js"), "utf8").includes("this firmware has no IGMP")).toBe(!has);
	return has;
}

test("IPv6 is in a firmware whose program or board file wants it, and nothing of it in others", async () => {
	const program = (name: string, text: string) => {
		const path = join(folder, name);
		writeFileSync(path, text);
		return path;
	};
	const text = "export default () => trace('');\n";
	const build = async (app: string) => {
		const made = await bundleTarget("pico", { target: "pico-both", app, out: `${app}.out` });
		const textOf = (name: string) => readFileSync(pathOf(name, made.build), "utf8");
		return { ...made, core: textOf("multihome"), groups: textOf("multihome/groups") };
	};
	const without = await build(program("without.ts", text));
	const having = await build(program("with.ts", `import "multihome/ipv6";\n${text}`));
	expect([without.build, having.build]).toEqual([xsOf({ ipv6: false, fastOpen: false }), xsOf({ ipv6: true, fastOpen: false })]);
	const leased = await build(program("dhcp6.ts", `import "multihome/dhcp6";\n${text}`));
	expect(leased.build).toEqual(xsOf({ ipv6: true, fastOpen: false }));
	expect(readFileSync(join(leased.folder, "multihome-parts.h"), "utf8")).toContain("#define MULTIHOME_IPV6 1\n");
	expect(readFileSync(join(having.folder, "multihome-parts.h"), "utf8")).toContain("#define MULTIHOME_IPV6 1\n");
	expect(readFileSync(join(having.folder, "codec.js"), "utf8")).toContain("function linkTry(");
	expect(having.core).toContain("linkTry");
	expect(without.core).not.toMatch(/hasIpv6|linkTry|linkAskRouters|"::"\)/);
	expect(having.groups).toContain("ff02::16");
	expect(without.groups).not.toContain("ff02:");
	// A station with IPv6 is asked for in groups, and tells routers of these: RFC 4862 §5.4.2.
	expect([without, having, leased].map(hasGroups)).toEqual([false, true, true]);
	// Who gives it an address of IPv6 is told what to do.
	expect(without.core).toContain('import "multihome/ipv6"');
	expect(having.core).not.toContain('import "multihome/ipv6"');
}, 300_000);

test("IGMP is in a firmware whose program joins groups, or that answers for its name by multicast DNS", async () => {
	const board = JSON.parse(readFileSync(join(home("pico", "pico-both"), "board.json"), "utf8")) as { $schema?: string };
	delete board.$schema;
	const build = async (name: string, program: string, more: object) => {
		const [app, path] = [join(folder, `${name}.ts`), join(folder, `${name}.json`)];
		writeFileSync(app, program);
		writeFileSync(path, JSON.stringify({ ...board, ...more }));
		return hasGroups(await bundleTarget("pico", { target: "pico-both", board: path, app, out: join(folder, name) }));
	};
	const joins = 'import { UDP } from "multihome";\nexport default () => new UDP({ multicast: "239.1.2.3" });\n';
	expect(await build("joins", joins, {})).toBe(true);
	expect(await build("named", "export default () => trace('');\n", { mdns: { hostname: "printer" } })).toBe(true);
}, 300_000);

test("Fast Open is in a firmware whose board file asks for it, and nothing of it in others", async () => {
	const board = JSON.parse(readFileSync(join(home("pico", "pico-both"), "board.json"), "utf8")) as { $schema?: string };
	delete board.$schema;
	const build = async (name: string, more: object) => {
		const path = join(folder, `${name}.json`);
		writeFileSync(path, JSON.stringify({ ...board, ...more }));
		const app = join(folder, `${name}.ts`);
		writeFileSync(app, 'import "multihome/ipv6";\nexport default () => trace("");\n');
		const made = await bundleTarget("pico", { target: "pico-both", board: path, app, out: join(folder, name) });
		const header = readFileSync(join(made.folder, "multihome-parts.h"), "utf8");
		return { ...made, header, core: readFileSync(pathOf("multihome", made.build), "utf8") };
	};
	const having = await build("fast", { tcp: { fastOpen: true } });
	const without = await build("plain", {});
	expect([having.build, without.build]).toEqual([XS, xsOf({ ipv6: true, fastOpen: false })]);
	expect(having.header).toContain("#define MULTIHOME_FAST_OPEN 1\n");
	expect(without.header).toContain("#define MULTIHOME_FAST_OPEN 0\n");
	expect(having.core).toMatch(/tcpFastOpen/);
	expect(without.core).not.toMatch(/fastOpens|setFastOpen|tcp\.fastOpen/);
	expect(readFileSync(join(without.folder, "codec.js"), "utf8")).not.toContain("tcpFastOpen");
	expect(readFileSync(join(having.folder, "codec.js"), "utf8")).toContain("tcpFastOpen");
}, 300_000);

/** pico-both with one more interface, bundled; `port`: an interface that has a link alone. */
function bundleWith(name: string, interface_: object, port?: string): ReturnType<typeof bundleTarget> {
	const board = JSON.parse(readFileSync(join(home("pico", "pico-both"), "board.json"), "utf8")) as {
		$schema?: string;
		interfaces: Record<string, unknown>[];
		limits: { interfaces: number };
	};
	delete board.$schema;
	board.limits.interfaces = 4;
	for (const each of board.interfaces.filter(({ name: of }) => of === port))
		for (const key of Object.keys(each)) if (!["name", "driver", "pins", "wire"].includes(key)) delete each[key];
	board.interfaces.push(interface_ as Record<string, unknown>);
	const boardFile = join(folder, `${name}.json`);
	writeFileSync(boardFile, JSON.stringify(board));
	return bundleTarget("pico", { target: "pico-both", board: boardFile, out: join(folder, name) });
}

test("a board with a VLAN has the C and the module for it, and the interface that carries it first", async () => {
	const vlan = { name: "guests", link: "vlan", parent: "eth0", vlan: 5, priority: 3, addresses: ["10.5.0.2/24"] };
	const made = await bundleWith("vlan", vlan);
	expect(made.carried).toContain("multihome/vlan");
	expect(readFileSync(join(made.folder, "multihome-parts.h"), "utf8")).toContain("#define MULTIHOME_VLAN 1\n");
	const natives = readFileSync(join(made.folder, "codec.js"), "utf8");
	for (const name of ["vlanEnter", "carriedFill"]) expect(natives).toContain(`function ${name}(`);
	expect(readFileSync(join(made.folder, "main.js"), "utf8")).toMatch(/parent: "eth0"/);
});

test("a board with a bridge has the C and the module for it, and its ports by name", async () => {
	const made = await bundleWith("bridge", { name: "br0", link: "bridge", ports: ["eth1"], addresses: ["10.9.0.2/24"] }, "eth1");
	expect(made.carried).toContain("multihome/bridge");
	expect(readFileSync(join(made.folder, "multihome-parts.h"), "utf8")).toContain("#define MULTIHOME_BRIDGE 1\n");
	const natives = readFileSync(join(made.folder, "codec.js"), "utf8");
	for (const name of ["stationsForget", "stationsKnown"]) expect(natives).toContain(`function ${name}(`);
	expect(readFileSync(join(made.folder, "main.js"), "utf8")).toMatch(/ports: \[\s*"eth1"\s*\]/);
});

test("a board with a tunnel has the C and the module for it, and knows it by its kind", async () => {
	const ends = { local: "192.168.77.2", remote: "198.51.100.7" };
	const tunnel = { name: "site", link: "gre", ...ends, key: 5, addresses: ["10.9.0.1/30", "fd00:9::1/64"] };
	const made = await bundleWith("tunnel", tunnel);
	expect(made.carried).toContain("multihome/tunnel");
	expect(readFileSync(join(made.folder, "multihome-parts.h"), "utf8")).toContain("#define MULTIHOME_TUNNELS 1\n");
	const natives = readFileSync(join(made.folder, "codec.js"), "utf8");
	for (const name of ["tunnelMake", "tunnelHasWay", "tunnelAsk", "carriedFill"]) expect(natives).toContain(`function ${name}(`);
	const main = readFileSync(join(made.folder, "main.js"), "utf8");
	expect(main).toMatch(/kind: "gre"/);
	expect(main).toMatch(/"fd00:9::1\/64"/);
});

test("a program that pings, on a board with SLIP, has C for both, and every native that its modules import", async () => {
	const board = JSON.parse(readFileSync(join(home("pico", "pico-three"), "board.json"), "utf8")) as {
		$schema?: string;
		interfaces: { name: string; link?: string; ppp?: unknown }[];
	};
	delete board.$schema;
	const { ppp: _, ...line } = board.interfaces.find(({ link }) => link === "ppp")!;
	board.interfaces = [board.interfaces[0]!, { ...line, name: "sl0", link: "slip" }];
	const [boardFile, program] = [join(folder, "slip.json"), join(folder, "pings.ts")];
	writeFileSync(boardFile, JSON.stringify(board));
	writeFileSync(program, 'import { Ping } from "multihome/ping";\nexport default () => new Ping({ address: "192.168.77.1" });\n');
	const made = await bundleTarget("pico", { target: "pico-three", board: boardFile, app: program, out: join(folder, "pings") });
	expect(made.carried).toEqual(expect.arrayContaining(["multihome/slip", "multihome/ping"]));
	const parts = readFileSync(join(made.folder, "multihome-parts.h"), "utf8");
	expect(parts).toContain("#define MULTIHOME_LINES 1\n");
	expect(parts).toContain("#define MULTIHOME_PINGS 1\n");
	const natives = new Set(
		[...readFileSync(join(made.folder, "codec.js"), "utf8").matchAll(/^export function (\w+)/gm)].map(([, name]) => name!),
	);
	for (const name of ["echoOpen", "echoSend", "echoTake", "linePack"]) expect([...natives]).toContain(name);
	const files = [
		join(made.folder, "main.js"),
		join(made.folder, "program.js"),
		...made.carried.map((name) => pathOf(name, made.build)),
	];
	let imported = 0;
	for (const file of files)
		for (const [, names] of readFileSync(file, "utf8").matchAll(/import \{([^}]*)\} from "multihome\/codec"/g))
			for (const name of names!.split(",").map((each) => each.trim().replace(/ as .*/, ""))) {
				imported++;
				expect([...natives], `${file} imports it`).toContain(name);
			}
	expect(imported).toBeGreaterThan(30);
});

test.each(Object.entries(WIRED))("%s is drawn as its board file says (node build/wiring.mjs)", (target, board) => {
	expect(readFileSync(join(root, "hosts", target, "wiring.svg"), "utf8")).toBe(wiringOf(boardFileOf(target), board));
});
