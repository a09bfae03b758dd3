import type { ChildProcess, SpawnOptions } from "node:child_process";

export interface Result {
	status: number;
	signal: NodeJS.Signals | null;
	timedOut: boolean;
	stdout: string;
	stderr: string;
}

export interface RunOptions {
	input?: string | Buffer;
	timeoutMs?: number;
	/** Takes standard output as it comes, instead of `stdout`. */
	onData?: (part: Buffer) => void;
}

export function missing(...tools: string[]): string;
export function run(command: string, args: string[], options?: RunOptions): Promise<Result>;
export function stop(child: ChildProcess, signal?: NodeJS.Signals, patienceMs?: number): Promise<void>;

export interface LinkCounters {
	rx: { packets: number; bytes: number; dropped: number; errors: number };
	tx: { packets: number; bytes: number; dropped: number; errors: number };
}

export class Namespace {
	private constructor(name: string);
	static create(): Promise<Namespace>;
	readonly name: string;
	ip(...args: string[]): Promise<string>;
	sysctl(setting: string): Promise<void>;
	tap(name: string, address?: string, mtu?: number): Promise<void>;
	counters(name: string): Promise<LinkCounters>;
	command(command: string, args: string[]): [string, string[]];
	exec(command: string, args: string[], options?: RunOptions): Promise<Result>;
	spawn(command: string, args: string[], options?: SpawnOptions): ChildProcess;
	close(): Promise<void>;
}
