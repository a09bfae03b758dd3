// `npm run docs`: the API reference, made of the docstrings of what src/index.ts exports.   node build/docs.mjs [--html | --check]
//   docs/api.md          Markdown, committed: readers need no build
//   --html               pages in build/out/docs instead
//   --check              only tells whether docs/api.md is what it would be
// Whatever typedoc warns of is an error, docstrings that are missing among it.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "docs/api.md");
const html = join(root, "build/out/docs");
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
	entryPoints: [join(root, "src/index.ts")],
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

async function markdown() {
	const folder = mkdtempSync(join(root, "build/out/docs-"));
	try {
		await generate(folder, ["typedoc-plugin-markdown", "./plugin.mjs"], MARKDOWN, "--out");
		const text = readFileSync(join(folder, "api.md"), "utf8");
		const head = "<!-- Made from the docstrings by `npm run docs`: change those, not this. -->\n\n";
		return head + text.replace(/[ \t]+$/gm, "").trimEnd() + "\n";
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

try {
	mkdirSync(join(root, "build/out"), { recursive: true });
	const [option, ...more] = process.argv.slice(2);
	if (more.length > 0 || ![undefined, "--html", "--check"].includes(option))
		throw new Error(`${process.argv.slice(2).join(" ")}: expected --html or --check`);
	if (option === "--html") await generate(html, ["./plugin.mjs"], {}, "--html");
	else {
		const text = await markdown();
		if (option === undefined) {
			mkdirSync(dirname(target), { recursive: true });
			writeFileSync(target, text);
		} else if (!existsSync(target) || readFileSync(target, "utf8") !== text)
			throw new Error("docs/api.md is out of date: run `npm run docs`");
	}
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
}
