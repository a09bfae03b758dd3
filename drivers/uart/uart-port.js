// The class UartPort in C. device.ts makes a SerialDevice of it; uart-port.d.ts says what each method does.

export class UartPort @ "xs_uart_delete" {
	constructor() @ "xs_uart"
	open(port, tx, rx, cts, rts, dtr, baud) @ "xs_uart_open"
	bind(view, state, callback) @ "xs_uart_bind"
	get linkUp() @ "xs_uart_get_linkUp"
	get native() @ "xs_uart_get_native"
	frame(framing, sendAccm, receiveAccm, compress) @ "xs_uart_frame"
	receive(at, max) @ "xs_uart_receive"
	unfinished(at, max) @ "xs_uart_unfinished"
	transmit(at, end, protocol) @ "xs_uart_transmit"
	count(index) @ "xs_uart_count"
	ready(on) @ "xs_uart_ready"
	baud(rate) @ "xs_uart_baud"
	shut() @ "xs_uart_shut"
}
