// What the command line says to a program: `--set NAME=VALUE`. A program that takes settings exports `settings`, their defaults, and is called with
// them as its second argument: a setting that it does not have is an error that says what there is.

/** --set says what the program does not take. */
export class SettingError extends RangeError {}

/** The settings of a program that are changed by what the command line says; undefined where a program has none. Throws SettingError. */
export function settingsOf(settings: unknown, given: Readonly<Record<string, string>> = {}): Record<string, unknown> | undefined {
	const defaults = typeof settings === "object" && settings !== null ? (settings as Record<string, unknown>) : undefined;
	for (const name of Object.keys(given)) {
		if (defaults === undefined) throw new SettingError(`--set ${name}=${given[name]}: the program has no settings`);
		if (!Object.hasOwn(defaults, name))
			throw new SettingError(
				`--set ${name}=${given[name]}: the program has no such setting; expected ${Object.keys(defaults).join(", ")}`,
			);
	}
	if (defaults === undefined) return undefined;
	const result: Record<string, unknown> = {};
	for (const name of Object.keys(defaults)) {
		const text = Object.hasOwn(given, name) ? given[name] : undefined;
		result[name] = text === undefined ? defaults[name] : valueOf(name, text, defaults[name]);
	}
	return result;
}

/** As the default is: a number, true or false, texts with commas between, or a text. */
function valueOf(name: string, text: string, like: unknown): unknown {
	if (typeof like === "number") {
		const value = Number(text);
		if (text.trim() !== "" && Number.isFinite(value)) return value;
		throw new SettingError(`--set ${name}=${text}: expected a number, such as ${like}`);
	}
	if (typeof like === "boolean") {
		if (text === "true" || text === "false") return text === "true";
		throw new SettingError(`--set ${name}=${text}: expected true or false`);
	}
	return Array.isArray(like) ? text.split(",").filter((part) => part !== "") : text;
}
