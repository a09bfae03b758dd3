// What the build puts in (build/firmware.mjs), and what Moddable brings.

declare module "board" {
	interface Provider {
		/** The driver's class. */
		io: new (options: Record<string, unknown>) => import("../../src/device/device.ts").Device;
		[option: string]: unknown;
	}

	/** Of the target's board file. */
	export function board(): {
		stack: import("../../src/config.ts").StackOptions;
		interfaces: {
			name: string;
			/** Its name among the providers. */
			provider: string;
			addresses: string[];
			gateway?: string;
			mtu?: number;
			metric?: number;
		}[];
		routes: { prefix: string; gateway?: string; interface?: string; metric?: number }[];
	};

	/** What each chip is and how it is wired: `ethernet0`, `ethernet1` and so on, which programs find on `device`. */
	export function providers(): Record<string, Provider>;
}

declare module "program" {
	const program: unknown;
	export default program;
}

declare module "time" {
	const Time: { readonly ticks: number };
	export default Time;
}

declare function trace(text: string): void;
