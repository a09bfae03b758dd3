export function toArrows(code: string): string;
