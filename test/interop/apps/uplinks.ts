// The default program, whose echo others connect to, and at the word of a datagram connections to a far echo, while its links flap: UDP port 9999 takes {"to": [ADDRESS, …], "connections": N, "seed": N}.
// Every line of output says what became of all so far.

import Timer from "timer";
import { print } from "host/system";
import status from "../../../hosts/examples/status.ts";
import { Prng } from "../../support/prng.ts";

const CONTROL_PORT = 9999;
const AT_ONCE = 8;
const NAMES = [undefined, "eth0", "eth1"];
const HALF = 32;

const { io, stack } = device;
status(device);

class Crowd {
	readonly #to: string[];
	readonly #prng: Prng;
	#left: number;
	#open = 0;
	#done = 0;
	#failed = 0;
	#flaps = 0;

	constructor({ to, connections, seed }: { to: string[]; connections: number; seed: number }) {
		this.#to = to;
		this.#left = connections;
		this.#prng = new Prng(seed);
		for (let i = 0; i < AT_ONCE; i++) this.#next();
		this.#flap();
	}

	/** Another connection, by the interface that the routes choose or by a named one. */
	#next(): void {
		if (this.#left === 0) return;
		const name = NAMES[this.#left % NAMES.length];
		const address = this.#to[this.#left % this.#to.length]!;
		this.#left--;
		this.#open++;
		try {
			this.#connect(address, name);
		} catch {
			this.#over(false); // no way at the moment
		}
	}

	/** Half of what it has to say, and, a moment after that came back, the rest. */
	#connect(address: string, name: string | undefined): void {
		let got = 0;
		let begun = false;
		const bytes = new Uint8Array(HALF);
		const end = (socket: { close(): void }, well: boolean) => {
			socket.close();
			this.#over(well);
		};
		const pause = this.#prng.below(200);
		void new io.TCP({
			address,
			port: 7,
			userTimeout: 3000,
			networkTimeout: 1000,
			...(name !== undefined && { interface: name }),
			onWritable() {
				if (!begun) this.write(bytes);
				begun = true;
			},
			onReadable() {
				for (let length = this.read(bytes); length !== undefined; length = this.read(bytes)) got += length;
				if (got === 2 * HALF) end(this, true);
				else if (got === HALF) Timer.set(() => this.error === undefined && this.write(bytes), pause);
			},
			onError() {
				end(this, false);
			},
		});
	}

	#over(well: boolean): void {
		if (well) this.#done++;
		else this.#failed++;
		this.#open--;
		Timer.set(() => this.#next(), 10);
	}

	/** One of the links goes, and comes back some time later. */
	#flap(): void {
		const { done, failed, flaps } = { done: this.#done, failed: this.#failed, flaps: this.#flaps };
		if (this.#left + this.#open === 0) return print(`over: ${done} done, ${failed} failed, ${flaps} flaps`);
		print(`${done} done, ${failed} failed, ${flaps} flaps`);
		const link = stack.interfaces.find(NAMES[1 + this.#prng.below(2)]!)!;
		link.enabled = false;
		this.#flaps++;
		Timer.set(() => (link.enabled = true), 50 + this.#prng.below(500));
		Timer.set(() => this.#flap(), 1000 + this.#prng.below(2000));
	}
}

void new io.UDP({
	port: CONTROL_PORT,
	onReadable() {
		for (let command = this.read(); command !== undefined; command = this.read()) {
			this.write(Uint8Array.of(1), command.address, command.port);
			void new Crowd(JSON.parse(String.fromCharCode(...new Uint8Array(command))));
		}
	},
});
