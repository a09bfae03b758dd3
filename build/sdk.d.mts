/** What to build with, and a line for each thing that is missing. */
export function lookForSdk(
	platform: "pico" | "esp32",
	guide: string,
	variables?: Record<string, string | undefined>,
	subplatform?: string,
): { environment: Record<string, string>; problems: string[] };
