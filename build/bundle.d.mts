/** Bundles a program for XS into `folder`. Returns the path of its module. `inline`: constants and one-line functions stand in the place of their use. */
export function bundleApp(file: string, folder: string, options?: { inline?: boolean }): Promise<string>;
