export interface ModuleBytes {
	code: number;
	names: number;
	objects: number;
}

export function flashOf(
	source: string,
	namesOf: (module: string) => readonly string[],
	known: ReadonlySet<string>,
): Map<string, ModuleBytes>;
export function namesIn(xsb: Buffer): string[];
export function flashLines(out: string, modules: readonly string[], moddable: string): string[];
