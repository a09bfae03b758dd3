import { expect, it } from "vitest";
import { pageText } from "../../../build/page-plugin.mjs";
import { PAGE } from "../../../hosts/examples/status/page.ts";
import { text } from "../../support/frames.ts";

it("the page is page.html without indentation and comments", () => {
	const page = text(new Uint8Array(PAGE));
	expect(page).toBe(pageText());
	expect(page).toMatch(/^<!doctype html>\n<html [^]*<\/html>\n$/);
	expect(page).not.toMatch(/^\s|\/\*/m);
});
