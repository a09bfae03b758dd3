// Names that the host maps: the SDK's test, and native objects.

/** The file as it is; it does its work when it is loaded. */
declare module "sdk/test" {}

declare module "sdk/objects" {
	export const HostObject: new () => object;
	export const HostObjectChunk: new () => object;
	export const HostBuffer: new (byteLength: number) => object;
}
