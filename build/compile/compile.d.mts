/** What is outside the subset, and where. */
export interface Fault {
	file: string;
	line: number;
	column: number;
	message: string;
}

/** A function that a door exports. What is native by hand, as it takes other things than flat TypeScript has, has no signature. */
export interface FlatEntry {
	name: string;
	/** Its name in C. */
	c: string;
	module: string;
	kernel: boolean;
	parameters: { name: string; type: string }[];
	result: string;
}

export interface Compiled {
	/** C sources and headers by name. */
	files: Map<string, string>;
	functions: FlatEntry[];
	errors: Fault[];
}

export interface Options {
	root?: string;
	door: string[];
	layout?: string[];
	external?: string[];
	read?: (path: string) => string;
}

export declare function compileFlat(options: Options): Compiled;

/** Errors as compilers write them. */
export declare function tell(errors: Fault[]): string;
