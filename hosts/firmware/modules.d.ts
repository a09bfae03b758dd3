// What the build puts in (build/firmware.mjs), and what Moddable brings.

declare module "board" {
	interface Provider {
		/** The driver's class. */
		io: new (options: Record<string, unknown>) => unknown;
		[option: string]: unknown;
	}

	/** Of the target's board file. */
	export function board(): {
		stack: import("../../src/config.ts").StackOptions;
		interfaces: {
			name: string;
			/** Its kind among the links. */
			link: string;
			/** Its name among the providers. */
			provider: string;
			addresses: string[];
			dhcp?: import("../dhcp.ts").DhcpFile;
			gateway?: string;
			mtu?: number;
			metric?: number;
			dns?: string[];
			/** What the board file says of the link itself. */
			options?: Record<string, unknown>;
		}[];
		routes: { prefix: string; gateway?: string; interface?: string; metric?: number }[];
		dns?: string[];
	};

	/** Makes interfaces of each kind that the board has, over their drivers: hosts/firmware/links. */
	export function links(): Record<string, import("./links/link.ts").MakeLink>;

	/** What --set said to the program. */
	export function settings(): Record<string, string>;

	/** Starts a DHCP client; undefined where no interface of the board has one. */
	export function dhcp(): import("./links/dhcp.ts").StartDhcp | undefined;

	/** What each chip or UART is and how it is wired: `ethernet0`, `serial0` and so on, which programs find on `device`. */
	export function providers(): Record<string, Provider>;
}

declare module "program" {
	const program: unknown;
	export default program;
	export const settings: unknown;
}

declare module "time" {
	const Time: { readonly ticks: number };
	export default Time;
}

declare function trace(text: string): void;
