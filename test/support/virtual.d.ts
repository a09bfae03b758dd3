// What support/build/scripts-plugin.mjs makes.
declare module "virtual:scripts" {
	const scripts: Readonly<Record<string, string>>;
	export default scripts;
}
