/** The code of a module at `path`, with numbers for where the fields of records lie. */
export function writeOutRecords(code: string, path: string): Promise<string>;
export function squeezeTables(code: string): string;
