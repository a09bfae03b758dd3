export function readManifests(sdk: string, manifests: string[]): { modules: Map<string, string>; config: object };
