// What `npm run bench -- --tap` measures: a sink on port 9 and a source on port 19, straight on the socket classes, without HTTP.

import { print } from "host/system";

const { TCP, Listener } = device.io;
const buffer = new Uint8Array(65_535);

function sink(from) {
	void new TCP({
		from,
		onReadable() {
			this.read(buffer);
		},
		onError() {
			this.close();
		},
	});
}

function source(from) {
	void new TCP({
		from,
		onReadable() {
			this.read(buffer);
		},
		onWritable(room) {
			this.write(buffer, 0, room);
		},
		onError() {
			this.close();
		},
	});
}

function listen(port, serve) {
	void new Listener({
		port,
		onReadable() {
			for (let from = this.read(); from !== undefined; from = this.read()) serve(from);
		},
	});
}

listen(9, sink);
listen(19, source);
print("ready");
