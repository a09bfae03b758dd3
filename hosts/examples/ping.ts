// Pings a host ten times and prints what a desktop's ping prints.
//
//	npm run simulate -- --app hosts/examples/ping.ts

import { Ping, type PingOptions } from "multihome/ping";
import { addressOf, print } from "./common.ts";
import type { Device } from "./device.ts";

// 192.168.77.1 is this computer, for a board of the desktop host.
/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "192.168.77.1", count: 10 });

export default function ping(device: Device, options: PingOptions & { host: string } = settings): void {
	const { host, ...more } = options;
	addressOf(
		device,
		host,
		(address) => {
			print(`ping ${host} (${address})`);
			new Ping({
				address,
				onReply: ({ sequence, bytes, ttl, ms, duplicate }) =>
					print(`${bytes} bytes from ${address}: sequence ${sequence}, ttl ${ttl}, ${ms} ms${duplicate ? ", again" : ""}`),
				onTimeout: (sequence) => print(`no answer: sequence ${sequence}`),
				onError: (error) => print(`${error.message}${error.sequence === undefined ? "" : `: sequence ${error.sequence}`}`),
				onDone: ({ sent, received, lost, min, avg, max, mdev }) => {
					print(`${sent} sent, ${received} received, ${lost} % lost`);
					if (received > 0) print(`min ${min}, avg ${avg}, max ${max}, mdev ${mdev} ms`);
				},
				...more,
			});
		},
		(error) => print(error.message),
	);
}
