// What the board of starts.test.ts runs: on ports 9, 10 and 11 a connection that has the program take more than there is, of each kind of memory, and
// answers what it got for that. On port 12 nothing is caught.

import type { Device, TCP } from "../../../hosts/examples/device.ts";

export default function exhaust({ io }: Device): void {
	for (const [i, take] of [bytes, objects, calls, bytes].entries())
		new io.Listener({
			port: 9 + i,
			onReadable() {
				const socket: TCP = new io.TCP({
					from: this.read()!,
					onReadable() {
						socket.read();
						if (i === 3) take();
						try {
							take();
						} catch (error) {
							socket.write(Uint8Array.from((error as Error).message, (each) => each.charCodeAt(0)));
						}
					},
					onError() {
						socket.close();
					},
				});
			},
		});
}

function bytes(): void {
	const kept: Uint8Array[] = [];
	for (;;) kept.push(new Uint8Array(500));
}

function objects(): void {
	for (let kept: object = {}; ;) kept = { kept };
}

function calls(): void {
	calls();
}
