// `npm run docs`: the API reference, made of the docstrings of what the modules of src/modules.json export.   node build/docs.mjs [--html]
//   build/out/docs/api.md      Markdown
//   --html                     pages in build/out/docs/html instead
// Whatever typedoc warns of is an error, docstrings that are missing among it.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MODULES, OURS } from "./modules.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "build/out/docs/api.md");
const html = join(root, "build/out/docs/html");
const execute = promisify(execFile);

/** typedoc and the TypeScript that it wants live in build/docs, beside the TypeScript of everything else. */
function typedoc() {
	try {
		return join(dirname(createRequire(join(root, "build/docs/package.json")).resolve("typedoc/package.json")), "bin/typedoc");
	} catch {
		throw new Error("typedoc is missing: run `npm ci` first");
	}
}

const COMMON = {
	name: "multihome",
	entryPoints: [join(root, "build/out/docs-entry.ts")],
	tsconfig: join(root, "build/docs/tsconfig.json"),
	readme: "none",
	excludePrivate: true,
	excludeProtected: true,
	disableSources: true,
	hideGenerator: true,
	sort: ["alphabetical"],
	treatWarningsAsErrors: true,
	treatValidationWarningsAsErrors: true,
	// Types of other layers are named, but not explained.
	validation: { notExported: false, invalidLink: true, notDocumented: false },
	logLevel: "Warn",
};

const MARKDOWN = {
	outputFileStrategy: "modules",
	entryFileName: "api.md",
	hidePageHeader: true,
	hideBreadcrumbs: true,
	useCodeBlocks: true,
	expandObjects: false,
	parametersFormat: "table",
	interfacePropertiesFormat: "table",
	classPropertiesFormat: "table",
	typeAliasPropertiesFormat: "table",
	enumMembersFormat: "table",
	propertyMembersFormat: "table",
	tableColumnSettings: { hideSources: true, hideInherited: true, hideOverrides: true, hideModifiers: true },
};

async function generate(folder, plugins, more, flag) {
	mkdirSync(folder, { recursive: true });
	const options = join(folder, "typedoc.json");
	const plugin = plugins.map((name) => (name.startsWith(".") ? join(root, "build/docs", name) : name));
	writeFileSync(options, JSON.stringify({ ...COMMON, ...more, plugin }));
	try {
		await execute(process.execPath, [typedoc(), "--options", options, flag, folder], { cwd: join(root, "build/docs") });
	} catch (error) {
		throw new Error(`${error.stdout ?? ""}${error.stderr ?? error.message}`.trim(), { cause: error });
	} finally {
		rmSync(options, { force: true });
	}
}

/** The name of the class that is a module's default export. */
const classOf = ({ source }) => /(\w+) as default\b/.exec(readFileSync(join(root, source), "utf8"))?.[1];

/** One file that exports what all modules do, classes that are nothing but a default export by their names. */
function writeEntry() {
	const lines = OURS.map(({ source }) => `export * from "../../${source}";`);
	for (const module of OURS.filter(({ name }) => /^multihome\/io\/(ethernet|ppp|slip)$/.test(name)))
		lines.push(`export { default as ${classOf(module)} } from "../../${module.source}";`);
	writeFileSync(join(root, "build/out/docs-entry.ts"), `${lines.join("\n")}\n`);
}

const ROWS = MODULES.map((module) => {
	const { name, also = "", what = "" } = module;
	return `| \`"${name}"\` | ${what === "" && classOf(module) ? `\`${classOf(module)}\`, its default export` : what} | ${also && `\`"${also}"\``} |`;
});

const HEAD = `<!-- Made from the docstrings by \`npm run docs\`: change those, not this. -->

# How to import

\`import { TCP, Listener, UDP, Stack, … } from "multihome"\`, and what a firmware may do without from modules of its own: \`import { Resolver } from "multihome/dns"\`. A firmware carries those
that its program imports, or uses by \`device.network\`.

| module | what | by the name of ECMA-419 and Moddable |
| ------ | ---- | ------------------------------------ |
${ROWS.join("\n")}

Programs of a host find the same classes in \`device.io\` and \`device.network\`.

`;

/** Which class of ours a public one extends is of no use to readers. */
function withoutBases(text) {
	return text
		.replace(/^#+ (Inherited from|Overrides|Extends|Implements|Implementation of)\n\n(?:- )?`\w+`(?:\.`\w+`)?\n\n/gm, "")
		.replace(/^#+ (Inherited from|Overrides)\n\n`[^`]+`\n\n/gm, "");
}

async function markdown() {
	const folder = mkdtempSync(join(root, "build/out/docs-"));
	try {
		await generate(folder, ["typedoc-plugin-markdown", "./plugin.mjs"], MARKDOWN, "--out");
		const text = readFileSync(join(folder, "api.md"), "utf8");
		return (
			HEAD +
			withoutBases(text)
				.replace(/[ \t]+$/gm, "")
				.trimEnd() +
			"\n"
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

try {
	mkdirSync(join(root, "build/out"), { recursive: true });
	writeEntry();
	const [option, ...more] = process.argv.slice(2);
	if (more.length > 0 || ![undefined, "--html"].includes(option))
		throw new Error(`${process.argv.slice(2).join(" ")}: expected --html`);
	if (option === "--html") await generate(html, ["./plugin.mjs"], {}, "--html");
	else {
		const text = await markdown();
		mkdirSync(dirname(target), { recursive: true });
		writeFileSync(target, text);
	}
	console.log(option === "--html" ? join(html, "index.html") : target);
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
}
