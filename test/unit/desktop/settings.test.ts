import { expect, it } from "vitest";
import { readOptions } from "../../../hosts/desktop/options.ts";
import { settingsOf } from "../../../hosts/settings.ts";

const settings = Object.freeze({ host: "a", port: 80, quiet: false, names: [] as string[] });

it("--set changes a program's settings, each to a value of its kind, and leaves the others", () => {
	expect(settingsOf(settings)).toEqual(settings);
	expect(settingsOf(settings, { host: "192.168.1.5", port: "8000" })).toEqual({ ...settings, host: "192.168.1.5", port: 8000 });
	expect(settingsOf(settings, { quiet: "true", names: "x,y.local" })).toEqual({
		...settings,
		quiet: true,
		names: ["x", "y.local"],
	});
	expect(settingsOf(settings, { names: "" })).toEqual(settings);
	expect(settingsOf(undefined)).toBeUndefined();
	expect(settingsOf("no object")).toBeUndefined();
});

it("a setting that a program does not have, or of another kind, is told with what there is", () => {
	expect(() => settingsOf(settings, { hots: "b" })).toThrow(
		"--set hots=b: the program has no such setting; expected host, port, quiet, names",
	);
	expect(() => settingsOf(settings, { port: "http" })).toThrow("--set port=http: expected a number, such as 80");
	expect(() => settingsOf(settings, { port: "" })).toThrow(RangeError);
	expect(() => settingsOf(settings, { quiet: "yes" })).toThrow("--set quiet=yes: expected true or false");
	expect(() => settingsOf(undefined, { host: "b" })).toThrow("--set host=b: the program has no settings");
	expect(() => settingsOf(settings, { toString: "b" })).toThrow(RangeError);
});

it("the command line takes --set as often as there are settings, each once", () => {
	expect(readOptions(["--set", "host=a=b", "--set=port=1"]).settings).toEqual({ host: "a=b", port: "1" });
	expect(() => readOptions(["--set", "host"])).toThrow("--set host: expected NAME=VALUE");
	expect(() => readOptions(["--set", "=x"])).toThrow("expected NAME=VALUE");
	expect(() => readOptions(["--set", "a=1", "--set", "a=2"])).toThrow("--set a=2: a is given twice");
});
