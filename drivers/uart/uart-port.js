// The class UartPort in C. device.ts makes a SerialDevice of it; uart-port.d.ts says what each method does.

export class UartPort @ "xs_uart_delete" {
	constructor() @ "xs_uart"
	open(port, tx, rx, cts, rts, dtr, baud, callback) @ "xs_uart_open"
	bind(view, state) @ "xs_uart_bind"
	frame(framing, sendAccm, receiveAccm, compress) @ "xs_uart_frame"
	receive(at, max) @ "xs_uart_receive"
	unfinished(at, max) @ "xs_uart_unfinished"
	transmit(at, end, protocol) @ "xs_uart_transmit"
	count(index) @ "xs_uart_count"
	connected() @ "xs_uart_connected"
	ready(on) @ "xs_uart_ready"
	baud(rate) @ "xs_uart_baud"
	shut() @ "xs_uart_shut"
}
