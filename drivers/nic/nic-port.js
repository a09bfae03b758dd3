// The class NicPort in C: an interface that the platform's SDK drives. device.ts makes a Device of it; nic-port.d.ts says what each method does.

export class NicPort @ "xs_nic_delete" {
	constructor() @ "xs_nic"
	bind(view) @ "xs_nic_bind"
	get native() @ "xs_nic_get_native"
	get linkUp() @ "xs_nic_get_linkUp"
	get address() @ "xs_nic_get_address"
	receive(at, max) @ "xs_nic_receive"
	transmit(packet, at, end) @ "xs_nic_transmit"
	count(index) @ "xs_nic_count"
	multicast(on) @ "xs_nic_multicast"
	shut() @ "xs_nic_shut"
}
