// `npm run build:pico`, `build:esp32`, `flash:pico`, `flash:esp32`: bundles the stack, the target's chips and the program, and has Moddable's
// mcconfig make the firmware.   node build/firmware.mjs build|flash pico|esp32 [--target NAME] …

import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readArgs } from "./arguments.mjs";
import { cLines } from "./c-sizes.mjs";
import { flashLines } from "./flash-sizes.mjs";
import { imagesOf, removeImages } from "./images.mjs";
import { ramLines } from "./ram.mjs";
import { lookForSdk } from "./sdk.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const PLATFORMS = {
	pico: {
		guide: "https://github.com/Moddable-OpenSource/moddable/blob/public/documentation/devices/pico.md",
		standard: "pico-both",
	},
	esp32: {
		guide: "https://github.com/Moddable-OpenSource/moddable/blob/public/documentation/devices/esp32.md",
		standard: "esp32-both",
	},
};

/** What mcconfig calls each board, by how the target's name begins; the longest first. */
const SUBPLATFORMS = [
	["w5500-evb-pico2", "pico/pico_2"],
	["w55rp20-evb-pico", "pico"],
	["w5500-evb-pico", "pico"],
	["pico2-w", "pico/pico_2_w"],
	["pico2-", "pico/pico_2"],
	["pico-w", "pico/pico_w"],
	["pico-", "pico"],
	["waveshare-esp32-s3-", "esp32/esp32s3"],
	["lilygo-t-eth-lite-s3", "esp32/esp32s3"],
	["m5stack-atoms3-", "esp32/esp32s3"],
	["esp32s3-", "esp32/esp32s3"],
	["esp32c3-", "esp32/esp32c3"],
	["esp32-", "esp32"],
	["wt32-eth01", "esp32"],
	["olimex-esp32-", "esp32"],
];

class Refused extends Error {}

/** What mcconfig calls the board of a target. Throws when its name does not tell. */
export function subplatformOf(target) {
	const found = SUBPLATFORMS.find(([prefix]) => target.startsWith(prefix));
	if (found === undefined)
		throw new Refused(
			`--target ${target}: nobody has said which board that is for mcconfig: SUBPLATFORMS of build/firmware.mjs has no such beginning of a name`,
		);
	return found[1];
}

function targetsOf(platform) {
	return readdirSync(join(root, "hosts", platform, "targets")).sort();
}

function help(platform) {
	return `npm run build:${platform} -- [options]      npm run flash:${platform} -- [options]

  --target NAME   ${targetsOf(platform).join(", ")} (default: ${PLATFORMS[platform].standard})
  --board FILE    a board file instead of the target's own: addresses, pins, limits (hosts/desktop/README.md describes it)
  --app FILE      the program, TypeScript or JavaScript (default: hosts/examples/status.ts)
  --set NAME=VALUE  a setting of the program, such as host=192.168.1.5; may be repeated (hosts/examples/README.md lists them)
  --manifest FILE a manifest of what the program takes besides, such as modules of the Moddable SDK
  --debug         with Moddable's debugger
  --out FOLDER    where it is made (default: build/out/firmware/NAME)
  --bundle        only the JavaScript and the manifest: needs no Moddable SDK
  --help          this

It takes the Moddable SDK: ${PLATFORMS[platform].guide}
`;
}

function optionsOf(platform, args) {
	let values;
	try {
		values = readArgs(
			{
				target: { type: "string" },
				board: { type: "string" },
				app: { type: "string" },
				set: { type: "string", multiple: true },
				manifest: { type: "string" },
				debug: { type: "boolean" },
				bundle: { type: "boolean" },
				out: { type: "string" },
				help: { type: "boolean" },
			},
			args,
		);
	} catch (error) {
		throw new Refused(`${error.message} (--help lists the options)`);
	}
	const target = values.target ?? PLATFORMS[platform].standard;
	const names = targetsOf(platform);
	if (!names.includes(target)) throw new Refused(`--target ${target}: expected ${names.join(", ")}`);
	subplatformOf(target);
	for (const name of ["board", "app", "manifest"])
		if (values[name] !== undefined && !existsSync(values[name])) throw new Refused(`--${name} ${values[name]}: no such file`);
	for (const text of values.set ?? [])
		if (text.indexOf("=") < 1) throw new Refused(`--set ${text}: expected NAME=VALUE, such as host=192.168.1.5`);
	return { ...values, target };
}

/** What to build with. Throws with a line for each thing that is missing. */
function sdk(platform, target) {
	const { environment, problems } = lookForSdk(platform, PLATFORMS[platform].guide, process.env, subplatformOf(target));
	if (problems.length > 0) {
		const more =
			platform === "pico" ? ["hosts/pico/README.md, What building takes, has the commands for all of it on Debian"] : [];
		throw new Refused([...problems, ...more].join("\n"));
	}
	return environment;
}

const CLASSES = { w5500: "W5500", enc28j60: "ENC28J60", wifi: "Wifi", emac: "Emac", uart: "Uart" };
/** Interfaces that the platform's SDK drives: they have an Ethernet address. */
const OF_SDK = ["wifi", "emac"];
const PROVIDED = { ethernet: "ethernet", ppp: "serial", slip: "serial" };

/** What of the list has to do with IPv6. */
const IPV6_MODULES = ["multihome/ipv6", "multihome/dhcp6", "multihome/router-advertiser"];

/** Modules that are in multicast groups or join them: with IPv6 a station is asked for each of its addresses in one, and must tell routers so (RFC 4862 §5.4.2, RFC 8504 §5.11). */
const IN_GROUPS = ["multihome/groups", "multihome/responder", ...IPV6_MODULES];

/** The module "board": what the board file says, and the drivers and links that it takes and no others. `needed`: the modules of the list that the program needs. */
function boardModule(board, { pathOf, needed, settings }) {
	const drivers = new Set();
	const links = new Set();
	const counts = { ethernet: 0, serial: 0 };
	const providers = [];
	const interfaces = [];
	let needsAddress = false;
	for (const [i, each] of board.file.interfaces.entries()) {
		const { link = "ethernet", addresses = [], gateway, mtu, metric, dns, domains } = each;
		const dhcp = each.dhcp || undefined; // false is as if it were not there
		/** What boot.ts is told of either kind. */
		const said = {
			addresses,
			dhcp,
			linkLocal: each.linkLocal || undefined,
			probe: each.probe || undefined,
			dhcpServer: each.dhcpServer || undefined,
			advertise: each.advertise || undefined,
			uplink: each.uplink,
			queue: each.queue,
			ipv6: each.ipv6,
			gateway,
			mtu,
			metric,
			dns,
			domains,
		};
		if (link === "vlan") {
			links.add(link);
			interfaces.push({ name: each.name, link, parent: each.parent, ...said, options: board.vlanOf(each) });
			continue;
		}
		const bridge = board.bridgeOf(each);
		if (bridge !== undefined) {
			links.add(link);
			interfaces.push({ name: each.name, link, parent: bridge.ports[0], ...said, options: bridge });
			continue;
		}
		const tunnel = board.tunnelOf(each);
		if (tunnel !== undefined) {
			links.add("tunnel");
			interfaces.push({ name: each.name, link: "tunnel", ...said, options: tunnel });
			continue;
		}
		const driver = board.driverOf(each);
		const kind = PROVIDED[link];
		if (kind === undefined || !(driver in CLASSES))
			throw new Refused(
				`${board.path}: interfaces[${i}].driver: a board needs a chip, a radio or a UART; expected ${Object.keys(CLASSES).join(", ")}`,
			);
		drivers.add(driver);
		links.add(link);
		const name = `${kind}${counts[kind]++}`;
		const wiring = board.uartOf(each) ?? board.pinsOf(each) ?? board.emacOf(each) ?? {};
		const options = Object.entries(wiring).filter(([, value]) => value !== -1);
		if (kind === "ethernet" && !OF_SDK.includes(driver)) {
			const bytes = each.mac?.split(":").map((byte) => Number.parseInt(byte, 16));
			options.push([
				"mac",
				bytes === undefined ? `hardwareAddress(identity(), ${i + 1})` : `new Uint8Array([${bytes.join(", ")}])`,
			]);
			needsAddress ||= bytes === undefined;
		}
		providers.push(`\t\t${name}: { io: ${[CLASSES[driver], ...options.map(([key, value]) => `${key}: ${value}`)].join(", ")} },`);
		interfaces.push({
			name: each.name,
			link,
			provider: name,
			...said,
			options: each[link],
			wifi: each.wifi,
		});
	}
	const has = (key) => interfaces.some((each) => each[key] !== undefined);
	const inGroups = has("ipv6") || board.file.mdns !== undefined || IN_GROUPS.some((name) => needed.includes(name));
	/** Beside the links: files of hosts/links that the board needs, and what boot.ts knows each by. */
	const wanted = Object.entries({
		dhcp: has("dhcp") && "startDhcp",
		linklocal: (has("linkLocal") || has("probe")) && "startLinkLocal",
		dhcpserver: has("dhcpServer") && "startDhcpServer",
		advertise: has("advertise") && "startAdvertisers",
		uplink: has("uplink") && "startUplink",
		queue: has("queue") && "startQueue",
		ipv6: has("ipv6") && "startIpv6",
		dhcp6: interfaces.some(({ ipv6 }) => ipv6?.dhcp) && "startDhcp6",
		[inGroups ? "groups" : "nogroups"]: links.has("ethernet") && "startGroups",
		domains: has("domains") && "startDomains",
		dnsforwarder: board.file.dnsForwarder !== undefined && "startDnsForwarder",
		mdns: board.file.mdns !== undefined && "startMdns",
		router: board.router !== undefined && "startRouter",
		wifi: has("wifi") && "joinNetwork",
		dns: board.file.dns !== undefined && "useNameServers",
	}).filter(([, name]) => name);
	const parts = [...links, ...wanted.map(([part]) => part)];
	const imports = [
		...(needsAddress
			? [
					'import { identity } from "multihome/machine";',
					`import { hardwareAddress } from ${JSON.stringify(pathOf("hosts/firmware/hardware-address.ts"))};`,
				]
			: []),
		...[...drivers].map(
			(driver) => `import { ${CLASSES[driver]} } from ${JSON.stringify(pathOf(`drivers/${driver}/device.ts`))};`,
		),
		...parts.map((part) => `import ${part} from ${JSON.stringify(pathOf(`hosts/links/${part}.ts`))};`),
	];
	const description = {
		stack: board.stack,
		interfaces,
		routes: board.routes,
		dns: board.file.dns,
		dnsForwarder: board.file.dnsForwarder,
		mdns: board.file.mdns,
		router: board.router,
	};
	// Functions: what they make is not for flash.
	const literal = JSON.stringify(description, null, "\t");
	return `${imports.join("\n")}

export function providers() {
	return {
${providers.join("\n")}
	};
}

export function parts() {
	return { links: { ${[...links].join(", ")} }${wanted.map(([part, name]) => `, ${name}: ${part}`).join("")} };
}

export function settings() {
	return ${JSON.stringify(settings)};
}

export function board() {
	return ${literal};
}
`;
}

/** Parts of the data path that only these modules need: src/packet/kernels/parts.ts. */
const PARTS = {
	MULTIHOME_LINES: ["multihome/ppp", "multihome/slip"],
	MULTIHOME_PINGS: ["multihome/ping"],
	MULTIHOME_RAW: ["multihome/raw"],
	MULTIHOME_IPV6: IPV6_MODULES,
	MULTIHOME_VLAN: ["multihome/vlan"],
	MULTIHOME_BRIDGE: ["multihome/bridge"],
	MULTIHOME_QUEUES: ["multihome/queue"],
	MULTIHOME_ROUTER: ["multihome/router"],
	MULTIHOME_TUNNELS: ["multihome/tunnel"],
};

/** The header that says what a firmware may do without and has: those parts, by the modules it carries, Fast Open by its board file, and on a Pico SPI by PIO. Who includes it is compiled anew when it changes. */
function putHeader(folder, { carried, fastOpen, byPio }) {
	const parts = Object.entries(PARTS).map(([name, needs]) => [name, needs.some((each) => carried.includes(each))]);
	const lines = [...parts, ["MULTIHOME_FAST_OPEN", fastOpen], ["MULTIHOME_PIO", byPio]].map(
		([name, is]) => `#define ${name} ${is ? 1 : 0}\n`,
	);
	putIfNew(join(folder, "multihome-parts.h"), lines.join(""));
}

/** Declares, in place of codec.js, which lists all, the natives that modules import: the linker leaves out the others. Answers what the manifest says of it. */
async function neededNatives(carried, folder, build) {
	const { nativesOf, pathOf } = await import("./modules.mjs");
	const { flatFolder } = await import("./flat.mjs");
	const needed = await nativesOf([
		...carried.map((name) => pathOf(name, build)),
		join(folder, "main.js"),
		join(folder, "program.js"),
	]);
	const all = readFileSync(join(flatFolder, "codec.js"), "utf8").split("\n");
	putIfNew(
		join(folder, "codec.js"),
		all.filter((line) => !line.startsWith("export") || needed.has(/\w+(?=\()/.exec(line)[0])).join("\n"),
	);
	return { "~": relative(folder, join(flatFolder, "codec.js")), "multihome/codec": "./codec" };
}

/** A file that is as it was is not compiled anew. */
function putIfNew(path, text) {
	if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}

/** Writes main.js, program.js and manifest.json into build/out/firmware/TARGET; answers that folder, and what the stack's memory takes. */
export async function bundleTarget(platform, { target, board: file, app, set = [], manifest: more, out }) {
	const { bundle, bundleFirmware, bundleWithout } = await import("./bundle.mjs");
	const { manifestPath, standardNames } = await import("./modules.mjs");
	const { simulate } = await bundle();
	const { Stack, readBoard, bridgeOf, driverOf, emacOf, pinsOf, tunnelOf, routerOf, uartOf, vlanOf, routesOf } = await import(
		pathToFileURL(simulate).href
	);
	const home = join(root, "hosts", platform, "targets", target);
	const read = readBoard(file ?? relative(process.cwd(), join(home, "board.json")));
	const settings = {};
	for (const text of set) settings[text.slice(0, text.indexOf("="))] = text.slice(text.indexOf("=") + 1);
	const folder = out === undefined ? join(root, "build/out/firmware", target) : resolve(out);
	mkdirSync(folder, { recursive: true });
	const { preloaded, carried } = await bundleFirmware({
		folder,
		board: (pathOf, needed) =>
			boardModule(
				{
					...read,
					bridgeOf,
					driverOf,
					emacOf,
					pinsOf,
					tunnelOf,
					uartOf,
					vlanOf,
					router: routerOf(read.file),
					routes: routesOf(read),
				},
				{ pathOf, needed, settings },
			),
		program: app ?? join(root, "hosts/examples/status.ts"),
		others: more !== undefined,
	});
	const ipv6 = PARTS.MULTIHOME_IPV6.some((name) => carried.includes(name));
	const fastOpen = read.stack.tcp?.fastOpen === true;
	const build = await bundleWithout({ ipv6, fastOpen });
	const natives = more === undefined ? await neededNatives(carried, folder, build) : {};
	// Of what a manifest brings nothing is known.
	const byPio = more !== undefined || read.file.interfaces.some((each) => pinsOf(each)?.bus === 2);
	putHeader(folder, { carried, fastOpen, byPio });
	const includes = [
		join(home, "manifest.json"),
		...carried.map((name) => manifestPath(name, build)),
		...(more === undefined ? [] : [resolve(more)]),
	];
	const named = standardNames(carried, folder, build);
	const manifest = {
		include: includes.map((path) => relative(folder, path)),
		modules: { ...natives, "multihome/parts": "./multihome-parts", main: "./main", program: "./program", ...named.modules },
		preload: ["main", ...(preloaded ? ["program"] : []), ...named.preload],
	};
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, "\t"));
	return { folder, carried, build, arena: Stack.bytesFor(read.stack) };
}

/** Runs it; what it prints is shown, and kept in a file. */
function run(command, args, folder, env, log) {
	return new Promise((done, failed) => {
		const file = createWriteStream(log, { flags: "a" });
		const child = spawn(command, args, { cwd: folder, stdio: ["inherit", "pipe", "pipe"], env });
		for (const [stream, to] of [
			[child.stdout, process.stdout],
			[child.stderr, process.stderr],
		])
			stream.on("data", (text) => {
				to.write(text);
				file.write(text);
			});
		child.on("error", failed);
		child.on("close", (status) => file.end(() => done(status ?? 1)));
	});
}

async function main([action, platform, ...args]) {
	if (!["build", "flash"].includes(action) || !Object.hasOwn(PLATFORMS, platform ?? ""))
		throw new Refused(
			"expected `npm run build:pico`, `build:esp32`, `flash:pico` or `flash:esp32`; `npm run build:pico -- --help` lists the options",
		);
	const options = optionsOf(platform, args);
	if (options.help) {
		process.stdout.write(help(platform));
		return 0;
	}
	const environment = options.bundle ? undefined : sdk(platform, options.target);
	const { folder, carried, build, arena } = await bundleTarget(platform, options);
	const { sizeLines } = await import("./sizes.mjs");
	const modules = [...carried, "main", "program"];
	for (const line of await sizeLines(modules, folder, build)) console.log(line);
	if (environment === undefined) {
		console.log(relative(process.cwd(), folder));
		return 0;
	}
	const log = join(folder, "build.log");
	writeFileSync(log, "");
	try {
		return await make({ action, platform, options, environment, folder, modules, arena, log });
	} catch (error) {
		throw new Error(`${options.target}: ${error.message}; what mcconfig said is in ${relative(process.cwd(), log)}`, {
			cause: error,
		});
	}
}

/** Has mcconfig make the firmware, and tells what has come of it. Throws Error with what is wrong. */
async function make({ action, platform, options, environment, folder, modules, arena, log }) {
	const out = join(folder, "out");
	mkdirSync(out, { recursive: true });
	removeImages(out);
	const subplatform = subplatformOf(options.target);
	const flags = ["-m", ...(options.debug ? ["-d"] : []), "-p", subplatform, "-o", out];
	let images = [];
	// On ESP32 "deploy" builds nothing: it takes what an earlier "build" has left.
	for (const step of action === "build" ? ["build"] : ["build", "deploy"]) {
		const status = await run(environment.MCCONFIG, [...flags, "-t", step], folder, environment, log);
		if (status !== 0) throw new Error(`mcconfig's ${step} ended with status ${status}`);
		if (step === "build") images = imagesOf(platform, out);
	}
	for (const line of flashLines(out, modules, environment.MODDABLE)) console.log(line);
	for (const line of cLines(out)) console.log(line);
	for (const line of ramLines(options.target, subplatform, arena, out)) console.log(line);
	for (const path of images) console.log(relative(process.cwd(), path));
	return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		process.exitCode = await main(process.argv.slice(2));
	} catch (error) {
		const missing = error.code === "ERR_MODULE_NOT_FOUND" && !/build\/out/.test(error.message);
		process.stderr.write(missing ? "the tools are missing: run `npm ci` first\n" : `${error.message}\n`);
		process.exitCode = error instanceof Refused || error.constructor.name === "InputError" ? 2 : 1;
	}
}
