/** Builds the chip models as an addon of Node if anything that goes into it has changed. Returns its path. */
export function buildChips(options?: { quiet?: boolean }): Promise<string>;
