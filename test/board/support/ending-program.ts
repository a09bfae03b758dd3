// What the board of starts.test.ts runs: each port answers how the board ended last, and has the machine end in another way a moment later; 14 does not.

import Timer from "timer";
import type { Device, TCP } from "../../../hosts/examples/device.ts";

export default function ending({ io, lastEnd }: Device): void {
	for (const [port, end] of [
		[9, thrown],
		[10, rejected],
		[11, forever],
		[12, objects],
		[13, aText],
		[14, () => {}],
	] as const)
		new io.Listener({
			port,
			onReadable() {
				const socket: TCP = new io.TCP({
					from: this.read()!,
					onReadable() {
						socket.read();
						Timer.set(end, 10);
						socket.write(Uint8Array.from(String(lastEnd ?? "power-on"), (each) => each.charCodeAt(0) & 127));
					},
					onError() {
						socket.close();
					},
				});
			},
		});
}

function thrown(): void {
	deeper();
}

function deeper(): never {
	throw new RangeError("nobody catches this one");
}

function aText(): never {
	throw "only a text";
}

function rejected(): void {
	Promise.reject(new TypeError("nobody handles this one"));
	// The engine notices when it collects its garbage.
	Timer.repeat(() => new Uint8Array(4096), 10);
}

function forever(): never {
	for (;;);
}

function objects(): void {
	for (let kept: object = {}; ;) {
		try {
			for (;;) kept = { kept };
		} catch {
			// Until the board gives up.
		}
	}
}
