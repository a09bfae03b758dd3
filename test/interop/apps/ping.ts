// The default program, and beside it a ping of slirp's address twice a second, which prints the answers.

import { print } from "host/system";
import { Ping } from "multihome/ping";
import status from "../../../hosts/examples/status.ts";

status(device);
new Ping({
	address: "10.0.2.2",
	interval: 500,
	onReply: ({ sequence, bytes }) => print(`pong ${sequence}, ${bytes} bytes`),
});
