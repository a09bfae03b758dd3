// Objects of a host that are no sockets, for tests that call a socket's methods on them.

export class HostObject @ "xs_sdk_HostObject_delete" {
	constructor() @ "xs_sdk_HostObject"
}
export class HostObjectChunk @ "xs_sdk_HostObjectChunk_delete" {
	constructor() @ "xs_sdk_HostObjectChunk"
}
export class HostBuffer @ "xs_sdk_HostBuffer_delete" {
	constructor(byteLength) @ "xs_sdk_HostBuffer"
}
