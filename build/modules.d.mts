export interface Module {
	readonly name: string;
	readonly source: string;
	readonly also?: string;
	readonly device?: readonly string[];
	readonly what?: string;
}

export const MODULES: readonly Module[];
export const OURS: readonly Module[];
/** What package.json's `exports` has of the modules. */
export function packageExports(): Record<string, { types: string; moddable: string; default?: string }>;
export function fileOf(name: string): string;
export function mcpackEntry(module: Module): string;
/** Where builds with IPv6, and those without, have bundles for XS and manifests. */
export interface Build {
	readonly bundles: string;
	readonly manifests: string;
}

export const XS: Build;
export function xsOf(parts: { ipv6: boolean; fastOpen: boolean }): Build;
export function pathOf(name: string, build?: Build): string;
export function closureOf(names: readonly string[]): Promise<string[]>;
export function manifestPath(name: string, build?: Build): string;
