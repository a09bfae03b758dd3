// The modules of the XS host that the tests' frame uses; hosts/desktop/native states them in full.
declare module "host/system" {
	export const args: string[];
	export function print(line: string): void;
	export function warn(line: string): void;
	export function exit(status: number): never;
	export function now(): number;
}

declare module "host/loop" {
	export function createTimer(callback: (id: number) => void): number;
	export function armTimer(id: number, ms: number): void;
	export function destroyTimer(id: number): void;
}
