// The default program, and beside it a pinger: UDP port 9998 takes the options of a ping as JSON, and answers what it heard as JSON.

import { Ping, type PingError, type PingOptions, type PingReply } from "multihome/ping";
import status from "../../../hosts/examples/status.ts";

const CONTROL_PORT = 9998;

const { io } = device;
status(device);

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function ping(options: PingOptions, answer: (heard: unknown) => void): void {
	const replies: PingReply[] = [];
	const timeouts: number[] = [];
	const errors: Partial<PingError>[] = [];
	const all: PingOptions = {
		...options,
		onReply: (reply) => void replies.push(reply),
		onTimeout: (sequence) => void timeouts.push(sequence),
		onError(error) {
			errors.push({ ...error, message: error.message });
			if (error.sequence === undefined) answer({ errors });
		},
		onDone: (statistics) => answer({ statistics, replies, timeouts, errors }),
	};
	void new Ping(all);
}

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			const { address, port } = command;
			const answer = (heard: unknown) => this.write(bytesOf(JSON.stringify(heard)), address, port);
			try {
				ping(JSON.parse(String.fromCharCode(...new Uint8Array(command))) as PingOptions, answer);
			} catch (error) {
				answer({ thrown: String(error) });
			}
		}
	},
});
