/** The properties that C files name as `xsID_name`. */
export function idsOf(cPaths: string[]): string[];
