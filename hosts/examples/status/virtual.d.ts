// Made of page.html when a program is bundled: build/page-plugin.mjs.

declare module "virtual:page" {
	/** The page's text, ASCII. */
	const text: string;
	export default text;
}
