// What the build puts in (build/firmware.mjs), and what Moddable brings.

declare module "board" {
	interface Provider {
		/** The driver's class. */
		io: new (options: Record<string, unknown>) => unknown;
		[option: string]: unknown;
	}

	type Interface = import("../boot.ts").InterfaceFile & { provider: string; wifi?: import("../links/wifi.ts").WifiFile };

	/** Of the target's board file; each interface with its name among the providers. */
	export function board(): import("../boot.ts").BoardFile<Interface>;

	/** What the board file needs, of hosts/links. */
	export function parts(): import("../boot.ts").Parts;

	/** What --set said to the program. */
	export function settings(): Record<string, string>;

	/** What each chip or UART is and how it is wired: `ethernet0`, `serial0` and so on, which programs find on `device`. */
	export function providers(): Record<string, Provider>;
}

declare module "time" {
	const Time: { readonly ticks: number };
	export default Time;
}

declare function trace(text: string): void;
