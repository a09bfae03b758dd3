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
	/** As C declares it; none of what is C by hand. */
	prototype?: string;
}

export interface Compiled {
	/** By name: a .c for each module, compiled.h with what C by hand may call, and layout.h. */
	files: Map<string, string>;
	/** Those of the doors. */
	functions: FlatEntry[];
	/** With any, the rest is nothing to use. */
	errors: Fault[];
}

export interface Options {
	/** What paths begin from; the project's folder unless told. */
	root?: string;
	/** Modules whose functions are called from outside. */
	door: string[];
	/** Modules whose exported constants C by hand needs, as layout.h. */
	layout?: string[];
	/** Functions that C by hand calls: the others are FLAT, which whoever makes one unit of all files defines as `static`; when absent, none are. */
	external?: string[];
	/** The text of a file. */
	read?: (path: string) => string;
}

/** Compiles what the modules `door` export and reach. */
export declare function compileFlat(options: Options): Compiled;

/** Errors as compilers write them. */
export declare function tell(errors: Fault[]): string;
