// Where a capture of the desktop host goes: a file, with this computer's time.

import { close, openWrite, write } from "host/file";
import { wallNanoseconds, wallSeconds } from "host/system";
import type { CaptureSink } from "../../src/device/pcapng.ts";

export class FileSink implements CaptureSink {
	/** Of host/file. */
	readonly fd: number;
	seconds = 0;
	nanoseconds = 0;

	constructor(path: string) {
		this.fd = openWrite(path);
	}

	write(data: DataView, at: number, length: number): void {
		write(this.fd, data, at, at + length);
	}

	stamp(): void {
		this.seconds = wallSeconds();
		this.nanoseconds = wallNanoseconds();
	}

	close(): void {
		close(this.fd);
	}
}
