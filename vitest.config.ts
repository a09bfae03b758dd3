// One project for each kind of test, so that `vitest run --project unit` runs one kind. test/run.mjs runs them all.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { OURS } from "./build/modules.mjs";
import { page } from "./build/page-plugin.mjs";
import { scripts } from "./test/support/build/scripts-plugin.mjs";

/** What programs import by name: the stack from its sources, and timers on the virtual clock. */
const alias = [
	...OURS.map(({ name, source }) => ({
		find: new RegExp(`^${name}$`),
		replacement: fileURLToPath(new URL(source, import.meta.url)),
	})),
	{ find: /^timer$/, replacement: fileURLToPath(new URL("test/support/timer.ts", import.meta.url)) },
];

/** `more`: settings of single projects. */
function project(
	name: string,
	include: string[],
	exclude: string[] = [],
	timeout = 60_000,
	more: { isolate?: boolean; setupFiles?: string[]; maxWorkers?: number } = {},
): TestProjectConfiguration {
	return {
		plugins: [scripts(), page()],
		resolve: { alias },
		test: {
			name,
			include,
			exclude,
			environment: "node",
			testTimeout: timeout,
			hookTimeout: timeout,
			// vitest itself would leave one processor idle.
			maxWorkers: availableParallelism(),
			...more,
		},
	};
}

/**
 * Files one after another in one context, as on XS: to load the stack anew for each of 120 files takes longer than its tests. The table of
 * devices and the stack of the imported classes are set back in between; that names which end in .local are looked up by mDNS stays once one of them has imported it.
 */
const TOGETHER = { isolate: false, setupFiles: ["test/support/afresh.ts"] };

/** Interop with servers of addresses, names and time, and with the other ends of serial lines. */
const SERVICES = ["dhcp*", "dns", "guest", "lwip", "mdns", "pppd", "slirp", "sntp", "tunnel", "vlan"].map(
	(name) => `test/interop/${name}.test.ts`,
);

/** Interop with networks of several routers, bridges, hosts or name servers. */
const NETWORKS = ["advertiser", "bridge", "dns-forwarder", "domains", "gateway", "groups", "linklocal", "odd"].map(
	(name) => `test/interop/${name}.test.ts`,
);

export default defineConfig({
	test: {
		projects: [
			project("unit", ["test/unit/**/*.test.ts"], ["test/unit/desktop/**"], 60_000, TOGETHER),
			project("rfc", ["test/rfc/**/*.test.ts"]),
			project("sim", ["test/sim/**/*.test.ts"], [], 600_000),
			project("compile", ["test/compile/**/*.test.ts"], [], 900_000),
			project("fuzz", ["test/fuzz/**/*.test.ts"], [], 900_000),
			project("chips", ["test/chips/**/*.test.ts"], [], 120_000),
			// The whole data path is one unit of C, at which a cross compiler is busy for half a minute, and longer where it has to share.
			project("cross", ["test/cross/**/*.test.ts"], [], 600_000),
			// A firmware and its peers: seconds of the board's time are minutes of ours.
			project("board", ["test/board/**/*.test.ts"], [], 900_000),
			project("desktop", ["test/unit/desktop/**/*.test.ts", "test/desktop/**/*.test.ts", "test/xs/**/*.test.ts"], [], 120_000),
			// One file at a time: beside each other they would measure each other. Those of services, serial lines and networks wait most of the time, and measure nothing.
			project("interop", ["test/interop/**/*.test.ts"], [...SERVICES, ...NETWORKS], 600_000, { maxWorkers: 1 }),
			project("interop-networks", NETWORKS, [], 600_000, { maxWorkers: 1 }),
			project("interop-services", SERVICES, [], 600_000, { maxWorkers: 1 }),
		],
	},
});
