// What the SDK's tests find on the internet: a web server, and a time server.

/** Longer than any test reads at once, and no longer than the send buffer. */
const PAGE = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${"It works. ".repeat(60)}`;

export function servePeer(): void {
	const { Listener, TCP, UDP } = device.io;
	const page = Uint8Array.from(PAGE, (letter) => letter.charCodeAt(0));
	new Listener({
		port: 80,
		backlog: 8,
		onReadable() {
			for (let from = this.read(); from !== undefined; from = this.read()) {
				let newlines = 0;
				new TCP({
					from,
					onReadable() {
						for (const byte of new Uint8Array(this.read() as ArrayBuffer)) {
							if (byte === 10) newlines++;
							else if (byte !== 13) newlines = 0;
						}
						if (newlines < 2) return;
						newlines = 0;
						this.write(page);
						this.shutdown();
					},
					onError() {
						this.close();
					},
				});
			}
		},
	});
	new UDP({
		port: 123,
		onReadable(count) {
			for (; count > 0; count--) {
				const asked = this.read()!;
				this.write(new ArrayBuffer(48), asked.address, asked.port);
			}
		},
	});
}
