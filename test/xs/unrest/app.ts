// oxlint-disable-next-line typescript/triple-slash-reference -- it declares a module, and so cannot be imported
/// <reference path="./queue.d.ts" />
// test/sim/unrest.ts on XS, where every second device is one in C: `host-test app.js -- SEED SEEDS STEPS`.

import { args, print } from "host/system";
import * as queue from "test/queue";
import { deviceReceive, deviceTransmit } from "#codec";
import { MEDIUM_ETHERNET, NOTIFIES, type DeviceHost } from "../../../src/device/device.ts";
import { unrest } from "../../sim/unrest.ts";
import { inTypeScript, type Maker, type Victim } from "../../sim/victims.ts";
import { QueueDevice, type Segment } from "../../support/wire.ts";

/** A port of a segment behind which a queue in C lies. */
class Native extends QueueDevice implements Victim {
	override readonly medium = MEDIUM_ETHERNET;
	override readonly abilities = NOTIFIES;
	readonly #queue = queue.open();
	#up = true;
	#holding = false;

	override attach(host: DeviceHost): void {
		this.host = host;
		this.closed = false;
		this.native = queue.number(this.#queue);
	}

	#set(): void {
		queue.set(this.#queue, this.busy ? 1 : 0, this.#up ? 1 : 0, this.#holding ? 1 : 0);
		this.host?.notify();
	}

	get holds(): number {
		return this.closed ? 0 : queue.held(this.#queue);
	}

	get waiting(): number {
		return queue.waiting(this.#queue);
	}

	override inject(frame: Uint8Array): void {
		queue.put(this.#queue, frame);
		this.host?.notify();
	}

	override setBusy(busy: boolean): void {
		this.busy = busy;
		this.#set();
	}

	override setLink(up: boolean): void {
		this.linkUp = this.#up = up;
		this.#set();
	}

	setHolding(on: boolean): void {
		this.#holding = on;
		this.#set();
		if (!on) this.#letGo();
	}

	flush(): void {
		if (!this.#holding) this.#letGo();
	}

	#letGo(): void {
		for (let length = queue.length(this.#queue); length > 0; length = queue.length(this.#queue)) {
			const frame = new Uint8Array(length);
			const packet = queue.take(this.#queue, frame);
			if (packet >= 0) this.host?.released(packet);
			this.onSend?.(frame);
		}
	}

	override receive(at: number, max: number): number {
		return deviceReceive(this.host!.view, this.native, at, max);
	}

	override transmit(packet: number, at: number, end: number): number {
		return deviceTransmit(this.host!.view, this.native, packet, at, end);
	}

	override close(): void {
		this.#letGo();
		this.closed = true;
		this.host = undefined;
		this.native = 0;
		queue.close(this.#queue);
	}
}

const inC: Maker = (segment: Segment, mac, index, prng) => {
	if (index % 2 !== 0) return inTypeScript(segment, mac, index, prng);
	const device = new Native({ mac });
	segment.plug(device);
	return device;
};

const [first, seeds, steps] = args.map(Number) as [number, number, number];
for (let seed = first; seed < first + seeds; seed++) print(`${seed}: ${unrest(seed, steps, inC) || "well"}`);
