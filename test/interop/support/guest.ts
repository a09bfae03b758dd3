// A Debian kernel in QEMU with busybox, each of its cards at the end of a wire "stream:PATH". It needs no KVM and takes some 10 s to start, 30 on a busy machine. What it knows of the test is a shell.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { stop } from "./namespace.mjs";
import { describeWith } from "./setup.ts";
import { patternHash } from "./transfers.ts";

/** Where a package linux-image-*-cloud-amd64 is unpacked, as .ci/run does. */
const unpacked = fileURLToPath(new URL("../../../build/out/guest", import.meta.url));
const START_MS = 120_000;
const MODULES = ["virtio_pci", "virtio_net", "bridge", "8021q"];

/** The end of each answer: its number, and the command's status. */
const END = /@@(\d+) (\d+)\n/;

export interface GuestAnswer {
	status: number;
	/** Standard output, and what it said beside it. */
	output: string;
}

export class Guest {
	readonly #child: ChildProcess;
	#heard = "";
	#serial = 0;
	#changed: () => void = () => {};

	private constructor(child: ChildProcess) {
		this.#child = child;
		const hear = (part: Buffer) => {
			this.#heard += part.toString();
			this.#changed();
		};
		child.stdout!.on("data", hear);
		child.stderr!.on("data", hear);
		child.once("exit", () => this.#changed());
	}

	/** Boots it. `cards`: UNIX sockets, eth0's first; `programs`: of this machine, to take along; `modules`: of the kernel, beside those of every guest. Throws Error with what it said instead. */
	static async start(folder: string, cards: string[], programs: string[], modules: string[] = []): Promise<Guest> {
		const ram = join(folder, "ram");
		const order = furnish(ram, programs, [...MODULES, ...modules]);
		const init = [
			"#!/bin/busybox sh",
			"/bin/busybox --install -s /bin",
			"mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev",
			...order.map((module) => `insmod /modules/${module}.ko`),
			"ip link set lo up",
			"stty -F /dev/ttyS0 raw -echo",
			"exec sh /shell </dev/ttyS0 >/dev/ttyS0 2>&1",
		];
		writeFileSync(join(ram, "init"), init.join("\n"), { mode: 0o755 });
		// A line is a command; it reads nothing, and its end is told. Of busybox's own commands and programs of the same name the latter are meant.
		const shell = [
			...programs.map((program) => `${program}() { /programs/${program} "$@"; }`),
			'umask 022; echo "@@0 0"',
			'while read -r number command; do eval "$command" </dev/null 2>&1; echo "@@$number $?"; done',
			"",
		];
		writeFileSync(join(ram, "shell"), shell.join("\n"));
		const image = join(folder, "ram.cpio");
		execFileSync("sh", ["-c", `cd ${ram} && find . | busybox cpio -o -H newc >${image} 2>/dev/null`]);
		const kernel = readdirSync(join(unpacked, "boot")).find((name) => name.startsWith("vmlinuz"))!;
		const child = spawn(
			"qemu-system-x86_64",
			[
				..."-M q35 -cpu max -m 768 -display none -no-reboot -monitor none -serial stdio".split(" "),
				"-serial",
				`file:${join(folder, "console")}`,
				"-kernel",
				join(unpacked, "boot", kernel),
				"-initrd",
				image,
				"-append",
				"console=ttyS1 quiet panic=-1",
				...cards.flatMap((path, i) => [
					"-netdev",
					`stream,id=n${i},server=on,addr.type=unix,addr.path=${path}`,
					"-device",
					`virtio-net-pci,netdev=n${i},romfile=,mac=52:54:00:00:00:0${i + 1}`,
				]),
			],
			{ stdio: ["pipe", "pipe", "pipe"] },
		);
		const guest = new Guest(child);
		try {
			await guest.#answer(0, START_MS);
		} catch (error) {
			await guest.stop();
			throw error;
		}
		return guest;
	}

	/** Runs a line for busybox's shell to its end, one at a time. Throws Error when there is none in time. */
	async run(command: string, waitMs = 60_000): Promise<GuestAnswer> {
		const number = ++this.#serial;
		this.#heard = "";
		// On a busy machine the guest's UART was seen to lose the first eight bytes of a line: the shell skips blanks.
		this.#child.stdin!.write(`${" ".repeat(16)}${number} ${command}\n`);
		return this.#answer(number, waitMs);
	}

	/** The same for what must succeed; answers what it printed. */
	async must(command: string, waitMs?: number): Promise<string> {
		const { status, output } = await this.run(command, waitMs);
		if (status !== 0) throw new Error(`guest: ${command}: status ${status}: ${output}`);
		return output;
	}

	stop(): Promise<void> {
		return stop(this.#child, "SIGTERM");
	}

	async #answer(number: number, waitMs: number): Promise<GuestAnswer> {
		const end = performance.now() + waitMs;
		for (;;) {
			const found = END.exec(this.#heard);
			if (found !== null && Number(found[1]) === number)
				return { status: Number(found[2]), output: this.#heard.slice(0, found.index) };
			const left = end - performance.now();
			if (left <= 0 || this.#child.exitCode !== null) throw new Error(`guest: no answer ${number}: ${this.#heard}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				this.#changed = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}
}

/** `describe` of tests with a guest, skipped with one line that names what is missing. */
export function describeWithGuest(tools: string[], name: string, body: () => void): void {
	const needs = ["qemu-system-x86_64", "busybox", "ncat", ...tools];
	describeWith(existsSync(join(unpacked, "boot")) ? needs : [...needs, "a Debian kernel in build/out/guest"], name, body);
}

const host = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** Fetches the board's pattern of so many bytes into the guest's /bytes, which must be right. Answers what sha256sum says of it. */
export async function fetchPattern(guest: Guest, address: string, bytes: number, waitMs: number): Promise<string> {
	await guest.must(`wget -q -O /bytes http://${host(address)}/bytes/${bytes}`, waitMs);
	const sum = `${patternHash(bytes)}  -\n`;
	expect(await guest.must("sha256sum </bytes", 60_000)).toBe(sum);
	return sum;
}

/** Of each of these addresses of the board fetches the pattern, and has /bytes echoed, all at once: each time sha256sum must say `sum`. Answers how often, and how long it took, ms. */
export async function carry(guest: Guest, addresses: readonly string[], bytes: number, sum: string, waitMs: number) {
	const started = performance.now();
	const sums = addresses.flatMap((address) => [
		`wget -q -O - http://${host(address)}/bytes/${bytes} | sha256sum`,
		`ncat ${address} 7 </bytes 2>/dev/null | sha256sum`,
	]);
	const output = await guest.must(`(${sums.map((command) => `(${command}) &`).join(" ")} wait)`, waitMs);
	expect(output, addresses.join()).toBe(sum.repeat(sums.length));
	return { times: sums.length, ms: performance.now() - started };
}

/** Fills the guest's root: busybox, programs with their libraries, and modules. Answers the modules in the order in which they are loaded. */
function furnish(ram: string, programs: string[], modules: string[]): string[] {
	for (const folder of ["bin", "proc", "sys", "dev", "tmp", "run", "etc", "modules", "programs"])
		mkdirSync(join(ram, folder), { recursive: true });
	copyFileSync("/bin/busybox", join(ram, "bin/busybox"));
	// Daemons ask who they are.
	writeFileSync(join(ram, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
	for (const program of programs) {
		const path = execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
		const libraries = execFileSync("ldd", [path], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
		copyFileSync(path, join(ram, "programs", program));
		for (const library of libraries) {
			mkdirSync(join(ram, dirname(library)), { recursive: true });
			cpSync(library, join(ram, library), { dereference: true });
		}
	}
	const order: string[] = [];
	const files = readdirSync(join(unpacked, "lib/modules"), { recursive: true, encoding: "utf8" }).filter((name) =>
		name.endsWith(".ko"),
	);
	const load = (module: string) => {
		const file = files.find((name) => basename(name, ".ko").replaceAll("-", "_") === module);
		// What is not there is part of the kernel.
		if (file === undefined || order.includes(module)) return;
		const content = readFileSync(join(unpacked, "lib/modules", file));
		const [, needs] = /\0depends=([^\0]*)\0/.exec(content.toString("latin1")) ?? [];
		for (const need of (needs ?? "").split(",")) load(need);
		writeFileSync(join(ram, "modules", `${module}.ko`), content);
		order.push(module);
	};
	for (const module of modules) load(module);
	return order;
}
