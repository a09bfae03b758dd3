// Wherever programs give addresses, and what becomes of one that will not do: an error that names it.

import { expect } from "vitest";
import { useStack } from "../../../src/io/current.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import { RawSocket } from "../../../src/io/raw.ts";
import { Resolver } from "../../../src/modules/dns.ts";
import { pair } from "./pair.ts";

/** Each place by its name, on a stack with eth0 at 10.0.0.1 and, where it is told, at `address`. */
export function addressUses(address?: string) {
	const p = pair({ sockets: { raw: 1 } });
	const { stack } = p.one;
	const link = stack.interfaces.find("eth0")!;
	if (address !== undefined) link.addAddress(address);
	useStack(stack);
	const socket = new p.a.UDP({});
	const byte = new Uint8Array(1);
	const uses: Record<string, (text: never) => unknown> = {
		"TCP's address": (address) => new p.a.TCP({ address, port: 9 }),
		"Listener's address": (address) => new p.a.Listener({ address }),
		"UDP's address": (address) => new p.a.UDP({ address }),
		"UDP's write": (address) => socket.write(byte, address, 9),
		"UDP's localAddress": (localAddress) => socket.write(byte, "10.0.0.2", 9, { localAddress }),
		"UDP's group": (group) => socket.add(group),
		"UDP's source": (source) => socket.add("239.1.2.3", "eth0", source),
		"Ping's address": (address) => new PingSocket(stack, { address }),
		"Raw's address": (address) => new RawSocket(stack, { protocol: 89, address } as never),
		"a name server": (server) => (link.nameServers = [server]),
		"a Resolver's server": (server) => new Resolver({ servers: [server] }),
		"a gateway": (gateway) => stack.routes.add({ prefix: "10.9.0.0/16", gateway, interface: link }),
		"a prefix": (prefix) => stack.routes.add({ prefix: `${prefix as string}/64`, interface: link }),
		"an interface's address": (address) => link.addAddress(`${address as string}/64`),
	};
	return { uses, stack, p };
}

/** The place throws RangeError or TypeError that names the address. Answers its message. */
export function refused(what: string, action: () => unknown, value: string): string {
	let error: unknown;
	try {
		action();
	} catch (thrown) {
		error = thrown;
	}
	expect(error instanceof RangeError || error instanceof TypeError, `${what} ${JSON.stringify(value)}: ${String(error)}`).toBe(
		true,
	);
	const { message } = error as Error;
	expect(message, what).toContain(value);
	return message;
}
