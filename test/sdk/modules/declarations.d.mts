export function hasDeclarations(source: string): boolean;
export function bound(source: string): string;
