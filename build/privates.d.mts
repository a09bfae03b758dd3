export function openPrivates(code: string): string;
