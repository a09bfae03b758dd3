/** What a program threw, which may be anything, with its place where it has one. Never throws. */
export function describe(error: unknown): string {
	try {
		return (Object(error) as Partial<Error>).stack ?? String(error);
	} catch {
		return "something that cannot be shown";
	}
}
