// What programs call of TCP and UDP for every packet or byte; src/io/sockets.ts is its twin, and says what each does.

export class StreamSocket @ "xs_multihome_stream_delete" {
	constructor(view) @ "xs_multihome_socket"
	read(option) @ "xs_multihome_stream_read"
	write(data) @ "xs_multihome_stream_write"
	get format() @ "xs_multihome_stream_get_format"
	set format(value) @ "xs_multihome_stream_set_format"
}

export class DatagramSocket @ "xs_multihome_datagrams_delete" {
	constructor(view) @ "xs_multihome_socket"
	read(buffer) @ "xs_multihome_datagrams_read"
	write(data, address, port) @ "xs_multihome_datagrams_write"
}

export function placeStream(socket, block) @ "xs_multihome_stream_place";
export function placeDatagrams(socket, block) @ "xs_multihome_datagrams_place";
