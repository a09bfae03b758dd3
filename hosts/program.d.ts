// The program: --app, or hosts/examples/status.ts. The build and the command line bundle it and give it this name.
declare module "program" {
	/** Called with `globalThis.device` when it is a function; a program may also do its work when it is loaded. */
	const program: unknown;
	export default program;
	/** The defaults of what --set may change, where the program has settings. */
	export const settings: unknown;
}
