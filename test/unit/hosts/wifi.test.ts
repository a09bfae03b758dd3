// A board file's `wifi` joins a network by Moddable's class, says so, and joins again when it is out of it.

import { expect, it } from "vitest";
import joinNetwork, { type WiFiClass, type WifiFile } from "../../../hosts/links/wifi.ts";

/** What Moddable's class is to whoever joins: each try, and how the connection changes. */
class Radio {
	connection = 200;
	readonly tries: object[] = [];
	readonly said: string[] = [];
	#onChanged = (): void => {};
	#timers: (() => void)[] = [];
	fails = "";

	constructor(file: WifiFile) {
		const opened = (onChanged: () => void): void => {
			this.#onChanged = onChanged;
		};
		const connection = (): number => this.connection;
		const connect = (options: object): void => this.#connect(options);
		class Station {
			constructor({ onChanged }: { onChanged(): void }) {
				opened(onChanged);
			}
			get connection(): number {
				return connection();
			}
			connect(options: object): void {
				connect(options);
			}
		}
		const timers = { set: (callback: () => void) => this.#timers.push(callback) };
		joinNetwork(Station satisfies WiFiClass, "wlan0", file, timers, (line) => this.said.push(line));
	}

	#connect(options: object): void {
		this.tries.push(options);
		if (this.fails !== "") throw new Error(this.fails);
		this.connection = 300;
	}

	change(connection: number): void {
		this.connection = connection;
		this.#onChanged();
	}

	/** Timers that were set have run. Answers how many. */
	pass(): number {
		const due = this.#timers.splice(0);
		for (const callback of due) callback();
		return due.length;
	}
}

it("joins with a password, and without one where there is none", () => {
	expect(new Radio({ ssid: "net", password: "secret12" }).tries).toEqual([{ SSID: "net", password: "secret12", secure: true }]);
	expect(new Radio({ ssid: "open" }).tries).toEqual([{ SSID: "open" }]);
});

it("says that it has joined, and when it is out again, and tries every so often", () => {
	const radio = new Radio({ ssid: "net" });
	radio.change(400);
	radio.change(500);
	expect(radio.said).toEqual(['wlan0 has joined "net"']);
	expect(radio.pass()).toBe(0);
	radio.change(200);
	radio.change(200);
	expect(radio.said.at(-1)).toBe('wlan0 is not in "net", and tries again');
	for (let i = 2; i < 6; i++) {
		expect(radio.pass()).toBe(1);
		expect(radio.tries).toHaveLength(i);
		radio.change(200);
	}
	expect(radio.said).toHaveLength(2);
	radio.pass();
	radio.change(400);
	expect(radio.said.at(-1)).toBe('wlan0 has joined "net"');
});

it("tries again when the class throws, and not when it is in the network by then", () => {
	const radio = new Radio({ ssid: "net" });
	radio.fails = "connect failed -1";
	radio.change(200);
	radio.pass();
	expect(radio.said.at(-1)).toBe('wlan0 cannot join "net": connect failed -1');
	radio.fails = "";
	radio.connection = 400;
	expect(radio.pass()).toBe(1);
	expect(radio.tries).toHaveLength(2);
});
