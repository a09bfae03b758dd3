// Pings a host, once a second for ten times, and prints what a ping of a desktop prints.
//
//	npm run simulate -- --app hosts/examples/ping.ts

import { Ping } from "multihome";
import { print } from "./common.ts";
import type { Device } from "./device.ts";

// 192.168.77.1 is this computer, for a board of the desktop host.
const SETTINGS = { host: "192.168.77.1", count: 10 };

export default function ping(_device: Device, settings: { host: string; interface?: string; interval?: number; count?: number } = SETTINGS): Ping {
	return new Ping({
		...settings,
		onReply: ({ sequence, bytes, ttl, ms, address }) => print(`${bytes} bytes from ${address}: sequence ${sequence}, ttl ${ttl}, ${ms} ms`),
		onTimeout: (sequence) => print(`no answer: sequence ${sequence}`),
		onDone: ({ sent, received, minimum, average, maximum }) =>
			print(`${sent} sent, ${received} received; ${received === 0 ? "" : `${minimum}/${average}/${maximum} ms`}`),
		onError: (error) => print(String(error)),
	});
}
