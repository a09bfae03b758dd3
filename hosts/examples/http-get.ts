// An HTTP client: finds the address of a name, asks for a page, and hands its body on piece by piece as it comes; whole pages need no memory.
// One request, one connection; redirects are told, not followed.
//
//	npm run simulate -- --app hosts/examples/http-get.ts --set host=example.com

import Timer from "timer";
import { addressOf, print } from "./common.ts";
import type { Device, TCP } from "./device.ts";
import { Response } from "./http/response.ts";
import { bytesOf } from "./http/text.ts";

/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "example.com", port: 80, path: "/" });

/** Silence of a server before it is given up, ms. */
const SILENCE_MS = 15_000;

/** A callback that throws ends the request; the stack reports what it threw, as with sockets. */
export interface HttpGetOptions {
	/** Name or address. */
	host: string;
	/** 80 unless told. */
	port?: number;
	/** "/" unless told; with what follows a question mark. */
	path?: string;
	/** Go by this interface only. */
	interface?: string;
	/** The head has come: `response.status`, `.contentLength` (-1 when not said), `.type`, `.location`. */
	onHead?(response: Response): void;
	/** Body came: bytes `at` to `end` of `bytes`, valid during the call. */
	onBody?(bytes: Uint8Array, at: number, end: number): void;
	/** All of it has come. */
	onDone?(response: Response): void;
	/** It has not, and will not: no such name, no connection, no HTTP, cut short, silence. */
	onError?(error: Error): void;
}

export class HttpGet {
	readonly #options: HttpGetOptions;
	readonly #response = new Response();
	readonly #buffer = new Uint8Array(1460);
	#socket: TCP | undefined = undefined;
	#timer: ReturnType<typeof Timer.set> | undefined = undefined;
	#open = true;
	/** The request, until it is written. */
	#request: ArrayBuffer | undefined;
	/** Bytes of it that are written. */
	#written = 0;
	/** The head was announced. */
	#told = false;

	constructor(device: Device, options: HttpGetOptions) {
		this.#options = options;
		const { host, port = 80, path = "/" } = options;
		// A blank or a line's end would begin another field or request.
		if (!/^\/[!-~]*$/.test(path)) throw new RangeError(`path "${path}": expected / and ASCII without blanks`);
		const name = `${host.includes(":") ? `[${host}]` : host}${port === 80 ? "" : `:${port}`}`;
		this.#request = bytesOf(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
		this.#timer = Timer.set(() => {
			this.#timer = undefined;
			this.#fail(new Error(`${host}: silent for ${SILENCE_MS / 1000} s`));
		}, SILENCE_MS);
		addressOf(
			device,
			host,
			(address) => {
				if (!this.#open) return;
				try {
					this.#connect(device, address, port);
				} catch (error) {
					this.#fail(error as Error); // no such interface, all sockets in use
				}
			},
			(error) => this.#fail(error),
		);
	}

	/** Ends it; nothing more is told. */
	close(): void {
		this.#open = false;
		Timer.clear(this.#timer);
		this.#socket?.close();
		this.#socket = undefined;
	}

	#connect({ io }: Device, address: string, port: number): void {
		this.#socket = new io.TCP({
			address,
			port,
			interface: this.#options.interface,
			onWritable: (room) => this.#write(room),
			onReadable: () => this.#read(),
			onError: () => {
				const { error } = this.#socket!;
				if (error === "closed" && this.#response.closed()) this.#done();
				else this.#fail(new Error(`${this.#options.host}: ${error === "closed" ? "closed before all had come" : error}`));
			},
		});
	}

	/** As much of the request as there is room for: there may never be room for all of it at once. */
	#write(room: number): void {
		const request = this.#request;
		if (request === undefined) return;
		const left = request.byteLength - this.#written;
		const size = Math.min(room, left);
		this.#socket!.write(request, this.#written, size);
		this.#written += size;
		if (size === left) this.#request = undefined;
	}

	#read(): void {
		Timer.schedule(this.#timer!, SILENCE_MS);
		const bytes = this.#buffer;
		try {
			for (let end = this.#socket!.read(bytes); end !== undefined; end = this.#socket?.read(bytes)) this.#take(bytes, end);
		} catch (error) {
			this.close(); // a callback threw: that ends it, as it ends a socket, and the stack reports it
			throw error;
		}
	}

	#take(bytes: Uint8Array, end: number): void {
		const response = this.#response;
		for (let at = 0; at < end && this.#open;) {
			try {
				at = response.take(bytes, at, end);
			} catch (error) {
				return this.#fail(error as Error);
			}
			if (response.headDone && !this.#told) {
				this.#told = true;
				this.#options.onHead?.(response);
			}
			if (response.dataEnd > response.dataAt && this.#open) this.#options.onBody?.(bytes, response.dataAt, response.dataEnd);
			if (response.done) return this.#done();
		}
	}

	#done(): void {
		if (!this.#open) return;
		this.close();
		this.#options.onDone?.(this.#response);
	}

	#fail(error: Error): void {
		if (!this.#open) return;
		this.close();
		this.#options.onError?.(error);
	}
}

export default function get(device: Device, options: HttpGetOptions = settings): HttpGet {
	let bytes = 0;
	return new HttpGet(device, {
		onHead: ({ status, type, location }) => print(`${status} ${type}${location === "" ? "" : ` → ${location}`}`),
		onBody(_bytes, at, end) {
			bytes += end - at;
		},
		onDone: () => print(`${bytes} bytes`),
		onError: (error) => print(error.message),
		...options,
	});
}
