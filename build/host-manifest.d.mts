/** The native modules of a manifest and of those it includes, by specifier. */
export function nativeModules(manifestPath: string): { specifier: string; c: string; js: string | undefined }[];
