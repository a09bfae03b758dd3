/** Makes the C of the data path, if its TypeScript has changed, and returns the folder. */
export function makeFlat(): string;
/** Where it is. */
export const flatFolder: string;
