// What tests take of the machine beyond `npm ci`, by Debian's names: which layers cannot run without it, and what single tests miss.
//   node test/tools.mjs      all packages, for `apt-get install`: as .ci/run does
// Imports nothing that `npm ci` brings.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runner32 } from "../build/run32.mjs";

const found = (tool) =>
	[...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"].some(
		(folder) => folder !== "" && existsSync(join(folder, tool)),
	);
const anyOf = (...paths) => paths.some((path) => existsSync(path));
const tool = (name, packages = name) => ({ there: () => found(name), packages });

/** By name: whether it is there, and the packages that bring it; without these, `remedy` says what to do. */
export const TOOLS = {
	gcc: { there: () => found("gcc"), packages: "gcc libc6-dev" },
	"gcc-multilib": {
		there: () => anyOf("/usr/include/x86_64-linux-gnu/gnu/stubs-32.h", "/usr/include/gnu/stubs-32.h"),
		packages: "gcc-multilib",
	},
	"a kernel that runs 32-bit programs, or qemu-i386": { there: () => runner32() !== undefined, packages: "qemu-user" },
	"arm-none-eabi-gcc": tool("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"),
	"riscv64-unknown-elf-gcc": tool("riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"),
	"xtensa-lx106-elf-gcc": tool("xtensa-lx106-elf-gcc", "gcc-xtensa-lx106"),
	root: { there: () => process.getuid?.() === 0, remedy: "run the tests as root" },
	"/dev/net/tun": { there: () => existsSync("/dev/net/tun"), remedy: "load the kernel's module tun" },
	"a Moddable SDK": {
		there: () => existsSync(join(process.env.MODDABLE ?? "", "tests/modules/io/socket")),
		remedy: "set MODDABLE to a Moddable SDK",
	},
	"lwIP's source": {
		there: () => {
			const folder = fileURLToPath(new URL("../build/out/lwip", import.meta.url));
			return existsSync(folder) && readdirSync(folder).some((name) => existsSync(join(folder, name, "src")));
		},
		remedy: "mkdir -p build/out/lwip && cd build/out/lwip && apt-get source lwip",
	},
	"a Debian kernel": {
		there: () => existsSync(fileURLToPath(new URL("../build/out/guest/boot", import.meta.url))),
		remedy:
			"mkdir -p build/out/guest && cd build/out/guest && apt-get download linux-image-VERSION-cloud-amd64 && dpkg -x linux-image-*.deb .",
	},
	"qemu-system-x86_64": tool("qemu-system-x86_64", "qemu-system-x86"),
	busybox: tool("busybox", "busybox-static"),
	bridge: tool("bridge", "iproute2"),
	nft: tool("nft", "nftables"),
	ip: tool("ip", "iproute2"),
	ping: tool("ping", "iputils-ping"),
	arping: tool("arping", "iputils-arping"),
	pppd: tool("pppd", "ppp"),
	chronyd: tool("chronyd", "chrony"),
	dnsmasq: tool("dnsmasq", "dnsmasq-base"),
	dig: tool("dig", "bind9-dnsutils"),
	rdisc6: tool("rdisc6", "ndisc6"),
	"kea-dhcp6": tool("kea-dhcp6", "kea-dhcp6-server"),
	"avahi-daemon": tool("avahi-daemon"),
	"avahi-browse": tool("avahi-browse", "avahi-utils"),
	"dbus-daemon": tool("dbus-daemon"),
	turnserver: tool("turnserver", "coturn"),
	turnutils_natdiscovery: tool("turnutils_natdiscovery", "coturn"),
	iperf3: tool("iperf3"),
	mosquitto: tool("mosquitto", "mosquitto mosquitto-clients"),
	"atk6-implementation6": tool("atk6-implementation6", "thc-ipv6"),
	"dpkg-source": tool("dpkg-source", "dpkg-dev"),
	...Object.fromEntries(
		[
			"tshark",
			"valgrind",
			"curl",
			"ncat",
			"socat",
			"hping3",
			"nmap",
			"passt",
			"slirp",
			"ethtool",
			"wrk",
			"openssl",
			"radvd",
			"traceroute",
			"python3",
		].map((name) => [name, tool(name)]),
	),
};

/** The names of those that are not here. */
export const missing = (names) => names.filter((name) => !TOOLS[name].there());

/** Debian's packages that bring these. */
export const packagesOf = (names) => [
	...new Set(names.flatMap((name) => (TOOLS[name].packages ?? "").split(" ").filter(Boolean))),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(packagesOf(Object.keys(TOOLS)).join(" "));
