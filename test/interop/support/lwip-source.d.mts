export const FETCH: string;
export function lwipSource(): string | undefined;
export function lwipFiles(source: string, folders: readonly string[]): string[];
