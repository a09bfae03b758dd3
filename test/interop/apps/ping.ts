// The default program, and beside it a ping of slirp's address twice a second, which prints the answers.

import { print } from "host/system";
import Timer from "timer";
import status from "../../../hosts/examples/status.ts";

const TARGET = 0x0a000202;
const BYTES = 56;

const { stack } = device;
status(device);
const { icmp } = stack;
const socket = icmp.open(0);
socket.owner = {
	onEvents() {
		while (socket.take()) print(`pong ${socket.sequence}, ${socket.bytes} bytes`);
	},
};
let sequence = 0;
Timer.repeat(() => icmp.send(socket, TARGET, ++sequence, BYTES), 500);
