// The program: --app, or hosts/examples/status.ts. The command line bundles it and maps the name to it.
declare module "app" {
	/** Called with `globalThis.device` when it is a function; a program may also do its work when it is loaded. */
	const program: unknown;
	export default program;
	/** The defaults of what --set may change, where the program has settings. */
	export const settings: unknown;
}
