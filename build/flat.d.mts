/** Makes the C of the data path, if its TypeScript has changed, and returns the folder. */
export function makeFlat(): string;
/** Folders of src with headers of C by hand. */
export const headerFolders: string[];
/** Where it is. */
export const flatFolder: string;
