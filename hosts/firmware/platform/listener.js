// lwIP's Listener, over the natives of Moddable's. That one's own class makes sockets of the module "embedded:io/socket/tcp", which is this stack's where a firmware has it.

import TCP from "platform/tcp";

const read = function (socket) @ "xs_listener_read";

export default class Listener @ "xs_listener_destructor_" {
	constructor(options) @ "xs_listener_constructor"
	close() @ "xs_listener_close_"
	read() {
		return read.call(this, new TCP());
	}
	get port() @ "xs_listener_get_port"
	get format() {
		return "socket/tcp";
	}
	set format(value) {
		if (value !== "socket/tcp") throw new RangeError(`format ${value}: expected "socket/tcp"`);
	}
}
