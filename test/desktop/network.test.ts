// device.network: what Moddable's modules find there, and that a config.js as Moddable's examples have it may come before or after.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "multihome-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const board = join(folder, "board.json");
writeFileSync(board, JSON.stringify({ interfaces: [{ name: "lo1", link: "loopback", addresses: ["10.0.0.1/32"] }] }));

/** Runs a program on a board that has only loopback interfaces; answers what it prints as JSON. */
async function run(program: string): Promise<unknown> {
	const app = join(folder, "app.js");
	writeFileSync(
		app,
		`import { exit, print } from "host/system"; const tell = (value) => { print("@" + JSON.stringify(value)); exit(0); };${program}`,
	);
	const args = ["build/simulate.mjs", "--board", board, "--app", app, "--for", "20"];
	const { out, err } = await new Promise<{ out: string; err: string }>((done) => {
		execFile(process.execPath, args, { timeout: 60_000 }, (_error, stdout, stderr) => done({ out: stdout, err: stderr }));
	});
	const line = out.split("\n").find((each) => each.startsWith("@"));
	if (line === undefined) throw new Error(err);
	return JSON.parse(line.slice(1));
}

/** As the SDK's examples do it. */
const CONFIG = `
	class Client { constructor(options) { this.options = options; } }
	globalThis.device = Object.freeze({
		...globalThis.device,
		network: { ...globalThis.device?.network, http: { io: Client, dns: { servers: ["1.1.1.1"] }, socket: { io: device.io.TCP } } },
	}, true);
`;

const ECHO = `
	import TCP from "embedded:io/socket/tcp";
	import Listener from "embedded:io/socket/listener";
	const echo = (done) => {
		const listener = new Listener({ onReadable() { new TCP({ from: this.read(), onReadable(n) { this.write(this.read(n)); } }); } });
		new TCP({ address: "127.0.0.1", port: listener.port, onWritable() { this.onWritable ??= this.write(new Uint8Array([7])); }, onReadable(n) { done(n); } });
	};
`;

describe("device.network", () => {
	it("has the options of each client, over the classes of device.io", async () => {
		const told = await run(`
			const { network, io } = device;
			tell({
				names: Object.keys(network),
				tcp: ["http", "ws", "mqtt"].every((name) => network[name].socket.io === io.TCP),
				tls: ["https", "wss", "mqtts"].every((name) => network[name].socket.TCP.io === io.TCP),
				udp: network.ntp.client.socket.io === io.UDP && network.dns.socket.io === io.UDP,
				port: network.https.port,
				servers: network.ntp.client.servers,
				absent: [network.http.io, network.https.socket.io, network.ntp.client.io].map(String),
				interfaces: network.interfaces.list.map(({ name }) => name),
				way: network.interfaces.way("10.0.0.1").interface,
			});
		`);
		expect(told).toEqual({
			names: ["interfaces", "platform", "dns", "http", "https", "ws", "wss", "mqtt", "mqtts", "ntp"],
			tcp: true,
			tls: true,
			udp: true,
			port: 443,
			servers: ["pool.ntp.org"],
			absent: ["undefined", "undefined", "undefined"],
			interfaces: ["lo", "lo1"],
			way: "lo",
		});
	});

	it("is over the same classes as the modules of Moddable's and of our names give", async () => {
		const told = await run(`
			import { Resolver as Named } from "multihome/dns";
			import { Ping as NamedPing } from "multihome/ping";
			import Resolver from "embedded:network/dns/resolver/udp";
			import Ethernet from "embedded:network/interface/ethernet";
			import OurResolver from "multihome/io/dns";
			import OurEthernet from "multihome/io/ethernet";
			import Ping from "multihome/io/ping";
			tell([
				[Resolver, OurResolver, device.network.dns.io, device.network.http.dns.io].every((one) => one === Named),
				Ethernet === OurEthernet && typeof Ethernet === "function",
				Ping === NamedPing,
			]);
		`);
		expect(told).toEqual([true, true, true]);
	});

	it("names the time servers that DHCP has named, while it does", async () => {
		const told = await run(`
			import { EthernetInterface, MEDIUM_ETHERNET } from "multihome";
			const nothing = { attach() {}, close() {}, receive: () => 0, transmit: () => 0 };
			const card = { medium: MEDIUM_ETHERNET, mtu: 1500, abilities: 0, linkUp: false, mac: Uint8Array.of(2, 0, 0, 0, 0, 9), ...nothing };
			const eth = device.stack.interfaces.add(new EthernetInterface("eth7", card));
			const servers = () => ({ ...device.network.ntp.client }).servers;
			eth.ip.lease = { state: { ntp: ["10.0.0.53", "10.0.0.54"] } };
			const named = servers();
			eth.ip.lease = { state: { ntp: [] } };
			const none = servers();
			eth.ip.lease = undefined;
			tell([named, none, servers()]);
		`);
		expect(told).toEqual([["10.0.0.53", "10.0.0.54"], ["pool.ntp.org"], ["pool.ntp.org"]]);
	});

	it("gives a class when a module of that name is in the build", async () => {
		// The lookup itself, with a module that every build has.
		const told = await run(`
			import { importNow } from "host/system";
			import TCP from "embedded:io/socket/tcp";
			tell([importNow("embedded:io/socket/tcp") === TCP, typeof importNow("embedded:none")]);
		`);
		expect(told).toEqual([true, "undefined"]);
	});

	it("says how a build gets a module that it is without", async () => {
		const told = await run(`
			import { networkOf } from ${JSON.stringify(relative(folder, join(process.cwd(), "hosts/network.ts")))};
			const bare = networkOf(() => undefined);
			const said = (action) => { try { return action(); } catch (error) { return error.message; } };
			tell([said(() => bare.interfaces), said(() => bare.dns.io), said(() => bare.http.dns.io), bare.http.io === undefined]);
		`);
		const without = (where: string, name: string) =>
			`${where}: this build is without the module "${name}"; import it in the program`;
		const dns = without("device.network.dns", "multihome/dns");
		expect(told).toEqual([without("device.network.interfaces", "multihome/network"), dns, dns, true]);
	});

	it("may be extended by a config.js as the SDK's, which freezes all that it reaches: the stack goes on", async () => {
		const told = await run(`${ECHO}${CONFIG}
			const client = new device.network.http.io({ ...device.network.http, host: "example.com" });
			echo((bytes) => tell({
				bytes,
				host: client.options.host,
				servers: client.options.dns.servers,
				mqtt: device.network.mqtt.socket.io === device.io.TCP,
				stack: device.stack.interfaces.list.length,
				frozen: [Object.isFrozen(device), Object.isFrozen(device.network.mqtt)],
			}));
		`);
		expect(told).toEqual({ bytes: 1, host: "example.com", servers: ["1.1.1.1"], mqtt: true, stack: 2, frozen: [true, true] });
	});

	it("keeps what a config.js said before it", async () => {
		const told = await run(`${ECHO}${CONFIG.replaceAll("device.io.TCP", "TCP")}
			import network from "multihome/network";
			import { makeDevice, networkOf } from ${JSON.stringify(relative(folder, join(process.cwd(), "hosts/network.ts")))};
			const { http: theirs } = device.network;
			globalThis.device = Object.freeze({ ...globalThis.device, network: { http: theirs }, io: { Digital: 7, TCP: 8 }, pin: 9 }, true);
			const before = globalThis.device;
			const made = makeDevice(before.stack, { io: { TCP }, network: networkOf((name) => (name === "multihome/network" ? network : "lazy")), heap: 5 });
			const http = new device.network.http.io(device.network.http);
			globalThis.device.more = 1;
			tell({
				http: [http.options.dns.servers, http.options.socket.io === TCP],
				https: [device.network.https.io, device.network.https.socket.io],
				interfaces: device.network.interfaces.list.length,
				io: [device.io.Digital, device.io.TCP === TCP],
				rest: [device.pin, device.heap, made === device],
			});
		`);
		expect(told).toEqual({
			http: [["1.1.1.1"], true],
			https: ["lazy", "lazy"],
			interfaces: 2,
			io: [7, true],
			rest: [9, 5, true],
		});
	});
});
