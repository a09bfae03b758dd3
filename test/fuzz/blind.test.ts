// An attacker who knows addresses and ports, and guesses at sequence numbers as well as one can without hitting: RFC 5961, RFC 5927.
// The connection must go on and carry every byte right.

import { describe, expect, it } from "vitest";
import { envNumber } from "../support/env.ts";
import {
	ARP_REPLY,
	ETHERTYPE_ARP,
	ETHERTYPE_IPV4,
	SYN,
	TCP_ACK,
	arp,
	ethernet,
	icmp,
	tcp,
	type Bytes,
} from "../support/frames.ts";
import { Prng } from "../support/prng.ts";
import { macOf } from "../support/wire.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { EchoClient } from "../support/apps.ts";
import { Harness, LOCAL, PEER } from "./harness.ts";
import { blockOf } from "../support/tcb.ts";

const SEED = envNumber("SEED", 20261122);
const RST = 4;
const FIN = 1;
const BYTES = 150_000;
const ATTACKER = macOf(0x666);

class Attacker {
	readonly #prng: Prng;
	readonly #tcb: Tcb;

	constructor(seed: number, tcb: Tcb) {
		this.#prng = new Prng(seed);
		this.#tcb = tcb;
	}

	#segment(seq: number, ack: number, flags: number, length = 0, tcpChecksum?: number): Bytes {
		const { remotePort, localPort } = this.#tcb;
		const fields = { source: PEER, destination: LOCAL, sourcePort: remotePort, destinationPort: localPort, seq, ack, flags };
		return tcp(tcpChecksum === undefined ? fields : { ...fields, tcpChecksum }, this.#prng.bytes(length));
	}

	/** Near, but not there. */
	#miss(): number {
		const prng = this.#prng;
		const offset = prng.chance(0.7) ? prng.between(1, 3000) : prng.between(1, 70_000);
		return prng.chance(0.7) ? offset : -offset;
	}

	/** A quotation of a segment that is not in flight: from before the connection's time, or far in its future. */
	#icmp(): Bytes {
		const prng = this.#prng;
		const { localPort, remotePort, sndMax } = blockOf(this.#tcb);
		const seq = sndMax + prng.between(100_000, 1_000_000_000);
		const quoted = tcp({ source: LOCAL, destination: PEER, sourcePort: localPort, destinationPort: remotePort, seq }).slice(
			0,
			28,
		);
		const [type, code] = prng.pick([
			[3, 1],
			[3, 2],
			[3, 3],
			[3, 4],
			[3, 13],
			[11, 0],
			[12, 0],
			[4, 0],
		] as const);
		return icmp({ source: prng.chance(0.5) ? PEER : 0x08080808, destination: LOCAL, type, code, rest: 68 }, quoted);
	}

	next(): Bytes {
		const prng = this.#prng;
		const { rcvNxt, sndUna, sndMax } = blockOf(this.#tcb);
		const wrongAck = prng.chance(0.5) ? sndMax + prng.between(1, 1_000_000_000) : sndUna - prng.between(140_000, 1_000_000_000);
		const outside = prng.chance(0.5) ? prng.between(66_000, 1_000_000_000) : -prng.between(5000, 1_000_000_000);
		switch (prng.below(8)) {
			case 0:
				return this.#segment(rcvNxt + this.#miss(), sndUna, RST | (prng.chance(0.5) ? TCP_ACK : 0));
			case 1:
				return this.#segment(
					rcvNxt + (prng.chance(0.3) ? 0 : this.#miss()),
					sndUna,
					SYN | (prng.chance(0.5) ? TCP_ACK : 0),
					prng.below(20),
				);
			case 2:
				return this.#segment(rcvNxt + prng.below(1000), wrongAck, TCP_ACK, prng.below(1000));
			case 3:
				return this.#segment(rcvNxt + prng.below(3), wrongAck, TCP_ACK | FIN);
			case 4:
				return this.#segment(rcvNxt + outside, sndMax, TCP_ACK | (prng.chance(0.3) ? FIN : 0), prng.between(1, 1000));
			case 5:
				return this.#segment(rcvNxt, sndMax, prng.pick([TCP_ACK, RST, FIN | TCP_ACK]), 100, prng.below(2));
			case 6:
				return this.#segment(rcvNxt, 0, prng.pick([0, FIN, 8]), prng.below(100));
			default:
				return this.#icmp();
		}
	}

	/** Claims, unasked, that the peer's address is the attacker's. (Who answers at the moment of a question cannot be told from the peer.) */
	poison(): Bytes {
		const reply = arp({ operation: ARP_REPLY, senderMac: ATTACKER, sender: PEER, targetMac: macOf(1), target: LOCAL });
		return ethernet(macOf(1), ATTACKER, ETHERTYPE_ARP, reply);
	}
}

describe(`a blind attacker, SEED=${SEED}`, () => {
	it.each([0, 1, 2, 3, 4, 5, 6, 7])("does not end, delay or change a connection (%d)", (run) => {
		const harness = new Harness(SEED + run, { numbered: run % 2 === 0 });
		const { world, device } = harness;
		harness.segment.faults = { delayMs: 10 };
		const client = new EchoClient(harness.peer, LOCAL, BYTES);
		world.until(() => client.echoed > 0, 1000);
		const tcb = harness.connections()[0]!;
		const attacker = new Attacker(SEED + run, tcb);
		let frames = 0;
		const started = world.clock.now;
		while (!client.done && !client.ended && client.wrong === "" && world.clock.now - started < 60_000) {
			for (let n = 0; n < 5 && tcb.remotePort !== 0; n++, frames++)
				device.inject(ethernet(macOf(1), run % 2 ? ATTACKER : macOf(2), ETHERTYPE_IPV4, attacker.next()));
			if (frames === 200) device.inject(attacker.poison());
			world.run(1);
		}
		expect(client.wrong, `run ${run}, SEED=${SEED}`).toBe("");
		expect(client.ended, `the connection ended, run ${run}, SEED=${SEED}: ${client.error}`).toBe(false);
		expect(client.echoed).toBe(BYTES);
		expect(frames).toBeGreaterThan(1000);
		client.close();
		harness.calm();
		expect(harness.leaks()).toBe("");
	});
});
