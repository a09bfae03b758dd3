/** Lines that tell what a firmware takes of the RAM. */
export function ramLines(name: string, subplatform: string, arena: number, out: string): string[];
