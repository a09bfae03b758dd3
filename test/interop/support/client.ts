// The small client of client.mjs, from the tests' side.

import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespace.mjs";

const script = fileURLToPath(new URL("client.mjs", import.meta.url));

/** What came back, or why nothing did; neither when the time was up. */
export interface Answer {
	data?: Buffer;
	error?: string;
}

async function ask(namespace: Namespace, input: Buffer, args: string[], waitMs = 50_000): Promise<Answer> {
	const options = { input, timeoutMs: waitMs + 10_000 };
	const { status, stdout, stderr } = await namespace.exec(process.execPath, [script, ...args], options);
	if (status !== 0) throw new Error(`client ${args.join(" ")}: ${stderr}`);
	const { data, error } = JSON.parse(stdout) as { data?: string; error?: string };
	return { ...(data !== undefined && { data: Buffer.from(data, "base64") }), ...(error !== undefined && { error }) };
}

/** Sends a datagram and waits for one answer. */
export function udp(
	namespace: Namespace,
	address: string,
	port: number,
	data: Buffer,
	waitMs = 3000,
	localPort?: number,
): Promise<Answer> {
	const local = localPort === undefined ? [] : [String(localPort)];
	return ask(namespace, data, ["udp", address, String(port), String(waitMs), ...local], waitMs);
}

/** Sends data over a connection and reads so many bytes. */
export function tcp(namespace: Namespace, address: string, port: number, data: Buffer, bytes: number): Promise<Answer> {
	return ask(namespace, data, ["tcp", address, String(port), String(bytes)]);
}

/** So many connections to an echo at these addresses, in turns: how many came to their end. */
export async function crowd(
	namespace: Namespace,
	connections: number,
	port: number,
	addresses: readonly string[],
): Promise<{ done: number; failed: number }> {
	const args = [script, "crowd", String(connections), String(port), ...addresses];
	const { status, stdout, stderr } = await namespace.exec(process.execPath, args, { timeoutMs: 300_000 });
	if (status !== 0) throw new Error(`crowd: ${stderr}`);
	return JSON.parse(stdout) as { done: number; failed: number };
}

/** Starts a server in the namespace that sends so many zeros to each who connects; it ends with the namespace. */
export function serve(namespace: Namespace, port: number, bytes: number): Promise<void> {
	return started(namespace, "serve", String(port), String(bytes));
}

/** Starts an echo in the namespace, of both families; it ends with the namespace. */
export function echo(namespace: Namespace, port: number): Promise<void> {
	return started(namespace, "echo", String(port));
}

function started(namespace: Namespace, ...args: string[]): Promise<void> {
	const child = namespace.spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
	return new Promise((resolve, reject) => {
		child.stdout!.once("data", () => resolve());
		child.once("exit", (status) => reject(new Error(`${args.join(" ")}: status ${status}`)));
	});
}
