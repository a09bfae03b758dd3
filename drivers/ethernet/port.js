// The class Port in C: an Ethernet chip on SPI. device.ts makes a Device of it; port.d.ts says what each method does.

export class Port @ "xs_ethernet_delete" {
	constructor() @ "xs_ethernet"
	bind(view, idleMs) @ "xs_ethernet_bind"
	get native() @ "xs_ethernet_get_native"
	get present() @ "xs_ethernet_get_present"
	get linkUp() @ "xs_ethernet_get_linkUp"
	receive(at, max) @ "xs_ethernet_receive"
	transmit(packet, at, end) @ "xs_ethernet_transmit"
	service(now) @ "xs_ethernet_service"
	count(index) @ "xs_ethernet_count"
	configure(mac, accept) @ "xs_ethernet_configure"
	settle() @ "xs_ethernet_settle"
	multicast(on) @ "xs_ethernet_multicast"
	shut() @ "xs_ethernet_shut"
}
