export class Frames @ "xs_host_frames_delete" {
	constructor(fd) @ "xs_host_frames"
	bind(view) @ "xs_host_frames_bind"
	get native() @ "xs_host_frames_get_native"
	get linkUp() @ "xs_host_frames_get_linkUp"
	unplug() @ "xs_host_frames_unplug"
	receive(at, max) @ "xs_host_frames_receive"
	transmit(packet, at, end) @ "xs_host_frames_transmit"
	count(index) @ "xs_host_frames_count"
	close() @ "xs_host_frames_close"
}
