/** Answers a function that tells which headers in `folders` a C file includes, and these. */
export function headerFinder(folders: string[]): (path: string) => string[];
