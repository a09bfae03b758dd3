// Network namespaces that a test makes for itself, TAP devices in them, and processes that run there. Everything made here is
// undone by `close`: processes are ended by their id, and the namespace goes with all that is in it.

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";

/** What has to be there, with the name that a person would install it by. */
const TOOLS = {
	ip: "iproute2",
	taskset: "util-linux",
	curl: "curl",
	ping: "iputils-ping",
	arping: "iputils-arping",
	tshark: "tshark",
	hping3: "hping3",
	nmap: "nmap",
	passt: "passt",
	nft: "nftables",
	pppd: "ppp",
	gcc: "gcc",
	"avahi-daemon": "avahi-daemon",
	"avahi-browse": "avahi-utils",
	"dbus-daemon": "dbus-daemon",
	openssl: "openssl",
	mosquitto: "mosquitto",
	mosquitto_pub: "mosquitto-clients",
	turnserver: "coturn",
	turnutils_natdiscovery: "coturn",
	chronyd: "chrony",
	"kea-dhcp6": "kea-dhcp6-server",
	"atk6-implementation6": "thc-ipv6",
	"qemu-system-x86_64": "qemu-system-x86",
	busybox: "busybox-static",
};

const found = (tool) => (process.env.PATH ?? "").split(":").some((folder) => folder !== "" && executable(`${folder}/${tool}`));

function executable(path) {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** What is missing for tests with these tools over TAP, as text for one line; "" when all is there. */
export function missing(...tools) {
	const list = [];
	if (process.getuid?.() !== 0) list.push("root");
	if (!existsSync("/dev/net/tun")) list.push("/dev/net/tun");
	for (const tool of ["ip", ...tools]) if (!found(tool)) list.push(TOOLS[tool] ?? tool);
	return list.join(", ");
}

/** Runs a command to its end. `onData` takes standard output as it comes. */
export function run(command, args, { input, timeoutMs = 60_000, onData } = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
		const parts = [];
		let stderr = "";
		let timedOut = false;
		const timer = setTimeout(() => {
			timedOut = true;
			child.kill("SIGKILL");
		}, timeoutMs);
		child.stdout.on("data", onData ?? ((part) => parts.push(part)));
		child.stderr.on("data", (part) => (stderr += part));
		child.stdin.on("error", () => {}); // it may end without reading all
		child.on("error", reject);
		child.on("close", (status, signal) => {
			clearTimeout(timer);
			resolve({ status: status ?? -1, signal, timedOut, stdout: Buffer.concat(parts).toString(), stderr });
		});
		child.stdin.end(input);
	});
}

/** Runs a command that must succeed; answers what it printed. */
async function must(command, ...args) {
	const { status, stdout, stderr } = await run(command, args);
	if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.trim() || stdout.trim() || `status ${status}`}`);
	return stdout;
}

/** Ends a process that `spawn` made, and waits for it. */
export async function stop(child, signal = "SIGTERM", patienceMs = 5000) {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once("exit", resolve));
	child.kill(signal);
	const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
	await ended;
	clearTimeout(timer);
}

let serial = 0;

/** Ends what a test run left behind that was killed before it could clean up: namespaces of ours whose maker is gone. */
async function sweep() {
	for (const line of (await must("ip", "netns", "list")).split("\n")) {
		const [, name, maker] = /^(mh-(\d+)-\d+)/.exec(line) ?? [];
		if (name === undefined || existsSync(`/proc/${maker}`)) continue;
		for (const id of (await must("ip", "netns", "pids", name)).split("\n").filter((text) => text !== "")) {
			try {
				process.kill(Number(id));
			} catch {
				// It ended meanwhile.
			}
		}
		await must("ip", "netns", "del", name);
	}
}

let swept;

export class Namespace {
	#children = [];

	constructor(name) {
		this.name = name;
	}

	/** Makes one with a name of its own, its loopback up, TCP as RFC 5681 has it and no IPv6 chatter. */
	static async create() {
		await (swept ??= sweep());
		const namespace = new Namespace(`mh-${process.pid}-${++serial}`);
		await must("ip", "netns", "add", namespace.name);
		try {
			// The default may be BBR, whose pacing cuts a small window to a tenth; new namespaces inherit it.
			await namespace.sysctl("net.ipv4.tcp_congestion_control=reno");
			await namespace.sysctl("net.ipv6.conf.all.disable_ipv6=1");
			await namespace.sysctl("net.ipv6.conf.default.disable_ipv6=1");
			// Ports go round fast here; metrics of an earlier connection would make the next one differ.
			await namespace.sysctl("net.ipv4.tcp_no_metrics_save=1");
			await namespace.ip("link", "set", "lo", "up");
		} catch (error) {
			await namespace.close();
			throw error;
		}
		return namespace;
	}

	/** `ip` in this namespace; answers what it printed. */
	ip(...args) {
		return must("ip", "-n", this.name, ...args);
	}

	/** Sets a kernel parameter of this namespace, given like "net.ipv4.ip_forward=1". */
	async sysctl(setting) {
		const [key, value] = setting.split("=");
		// By a process of this namespace; `sysctl` would be one more package.
		const { status, stderr } = await this.exec("sh", ["-c", `echo ${value} > /proc/sys/${key.replaceAll(".", "/")}`]);
		if (status !== 0) throw new Error(`sysctl ${setting}: ${stderr.trim()}`);
	}

	/** A TAP device that stays when its user closes it; `address` like "192.168.77.1/24" is the kernel's end. */
	async tap(name, address, mtu = 1500) {
		await this.ip("tuntap", "add", "dev", name, "mode", "tap");
		await this.ip("link", "set", "dev", name, "mtu", String(mtu), "txqueuelen", "1000");
		if (address !== undefined) await this.ip("address", "add", address, "dev", name);
		await this.ip("link", "set", "dev", name, "up");
	}

	/** The kernel's counters of a device, as `ip -s -j link` tells them: stats64.rx.packets and so on. */
	async counters(name) {
		const [link] = JSON.parse(await this.ip("-s", "-j", "link", "show", "dev", name));
		return link.stats64;
	}

	/** The command line that runs a command here. */
	command(command, args) {
		return ["ip", ["netns", "exec", this.name, command, ...args]];
	}

	/** Runs a command here, to its end. */
	exec(command, args, options) {
		return run(...this.command(command, args), options);
	}

	/** Starts a process here that ends at the latest with the namespace. `ip netns exec` becomes the command: its id is the process's. */
	spawn(command, args, options) {
		const child = spawn(...this.command(command, args), options);
		this.#children.push(child);
		return child;
	}

	async close() {
		for (const child of this.#children.reverse()) await stop(child);
		this.#children = [];
		await must("ip", "netns", "del", this.name);
	}
}
