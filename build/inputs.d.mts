/** Has `make` make the files `targets`, unless they are there and what was `read` for them the last time is as it was. */
export function unlessSame(folder: string, targets: string[], make: () => Promise<{ read: string[] }>): Promise<void>;
