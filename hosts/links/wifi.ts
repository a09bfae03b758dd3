// Not a link, but also there only where the board file wants it: Moddable's WiFi class joins a network, and joins it again. Frames are not its business: drivers/wifi.

import type { Say } from "./link.ts";

/** `interfaces[].wifi` of a board file. */
export interface WifiFile {
	ssid: string;
	password?: string;
}

/** What is used of Moddable's "embedded:network/interface/wifi", a class of ECMA-419's family of network interfaces. */
interface WiFi {
	/** Below 300: in no network; from 400 on: in one. */
	readonly connection: number;
	connect(options: { SSID: string; password?: string; secure?: boolean }): void;
}
export type WiFiClass = new (options: { onChanged(): void }) => WiFi;

/** Moddable's module "timer". */
interface Timers {
	set(callback: () => void, ms: number): unknown;
}

const CONNECTING = 300;
const JOINED = 400;
/** Between two tries, ms. */
const AGAIN_MS = 5000;

export type JoinNetwork = (Class: WiFiClass, name: string, file: WifiFile, timers: Timers, say: Say) => void;

const joinNetwork: JoinNetwork = (Class, name, { ssid, password }, timers, say) => {
	let said = "";
	/** A try is going to be. */
	let waits = false;

	const tell = (line: string): void => {
		if (line !== said) say(`${name} ${line}`);
		said = line;
	};
	const again = (line: string): void => {
		tell(line);
		if (!waits) timers.set(connect, AGAIN_MS);
		waits = true;
	};
	const wifi = new Class({
		onChanged() {
			const { connection } = wifi;
			if (connection >= JOINED) tell(`has joined "${ssid}"`);
			else if (connection < CONNECTING) again(`is not in "${ssid}", and tries again`);
		},
	});
	function connect(): void {
		waits = false;
		if (wifi.connection >= JOINED) return;
		try {
			// How it ends the class tells.
			wifi.connect(password === undefined ? { SSID: ssid } : { SSID: ssid, password, secure: true });
		} catch (error) {
			again(`cannot join "${ssid}": ${(error as Error).message}`);
		}
	}
	connect();
};
export default joinNetwork;
