import type { Build } from "./modules.mjs";

/** What mcconfig calls the board of a target. Throws when its name does not tell. */
export function subplatformOf(target: string): string;
/** Bundles a target's firmware into the folder `out`; answers that folder, the modules that it carries, which bundles they are, and the bytes of the stack's memory. */
export function bundleTarget(
	platform: string,
	options: { target: string; board?: string; app?: string; set?: string[]; manifest?: string; out?: string },
): Promise<{ folder: string; carried: string[]; build: Build; arena: number }>;
