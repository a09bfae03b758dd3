// An interface that a board's SDK drives, of a simulated board: a stand-in for that with its wire, and above it the same adaptor in C and TypeScript as on a board.

import { CLOSED, setWatch, watch, WRITABLE } from "host/loop";
import { arrived, plug, unplug, type NicKind } from "host/nics";
import { connectStream, openTap } from "host/wire";
import { Emac, type EmacOptions } from "../../drivers/emac/device.ts";
import { Wifi } from "../../drivers/wifi/device.ts";
import type { Device } from "../../src/device/device.ts";

/** What a board's provider says of it: `device.ethernet0` and so on. */
export interface NicProvider extends EmacOptions {
	io: new (options: EmacOptions) => Device;
}

export interface NicPlug {
	driver: NicKind;
	mac: Uint8Array;
	pins: EmacOptions;
	/** The wire: the name of a TAP device, or the path of a UNIX stream socket. */
	tap?: string;
	socket?: string;
}

/** The provider of an interface that is going to be plugged in. */
export function nicProviderOf({ driver, pins }: NicPlug): NicProvider {
	return { io: driver === "wifi" ? Wifi : Emac, ...pins };
}

/** Plugs it in and opens its driver. Throws Error that says what is wrong. */
export function openNic({ driver, mac, tap, socket }: NicPlug, provider: NicProvider): Device {
	const fd = tap === undefined ? connectStream(socket!) : openTap(tap);
	plug(driver, fd, mac);
	const device = new provider.io(provider);
	watch(fd, (_fd, events) => {
		const open = arrived(driver) && !(events & CLOSED);
		// The other end hung up: nothing is waited for.
		if (!open || events & WRITABLE) setWatch(fd, open, false);
	});
	const close = device.close.bind(device);
	device.close = () => {
		close();
		unplug(driver);
	};
	return device;
}
