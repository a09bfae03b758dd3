// Settings of a test run, such as SEED: environment variables on Node, arguments after `--` on XS.

interface Surroundings {
	process?: { env: Record<string, string | undefined> };
	testEnvironment?: Record<string, string>;
}

const surroundings = globalThis as Surroundings;

/** The variable's text, or undefined. */
export function env(name: string): string | undefined {
	return surroundings.process?.env[name] ?? surroundings.testEnvironment?.[name];
}

/** The variable as a whole number, or `standard` when it is not set. Throws RangeError for anything else. */
export function envNumber(name: string, standard: number): number {
	const value = env(name);
	if (value === undefined || value === "") return standard;
	const result = Number(value);
	if (!Number.isInteger(result)) throw new RangeError(`${name}=${value}: expected a whole number`);
	return result;
}

/** Whether this runs on XS. */
export const onXS = surroundings.testEnvironment !== undefined;
