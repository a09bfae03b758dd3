export function sectionsOf(map: string): [string, string, number][];
export function cBytes(map: string, folder?: string): Record<string, number>;
export function cLines(out: string): string[];
