import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
// @ts-expect-error a script without types
import { pageModule } from "../../../hosts/examples/status/make-page.mjs";

it("page.ts is what make-page.mjs makes of page.html", () => {
	expect(readFileSync(new URL("../../../hosts/examples/status/page.ts", import.meta.url), "utf8")).toBe(pageModule());
});
