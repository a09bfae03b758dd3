// What the ENC28J60's driver does beside a frame that is being written, and in the handler of an interrupt.

import { afterEach, expect, it } from "vitest";
import { devicePasses, deviceReceive, deviceTransmit } from "#codec";
import { AGAIN, COMES, SENT } from "../../src/device/device.ts";
import { UDP } from "../support/frames.ts";
import { closeRigs, LONGEST, MOST, OWN, PEER, RECEIVED, Rig, TO_SEND } from "./support/rig.ts";
import { Traffic } from "./support/traffic.ts";

/** The hosts' loop comes round. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

const OPTIONS = { overlaps: true, lineRate: 10_000_000 };

afterEach(closeRigs);

it("hands up a frame that has been read while one is written, and has the chip forget it afterwards", () => {
	const rig = new Rig("enc28j60", OPTIONS);
	const { view } = rig;
	const { native } = rig.device;
	const traffic = new Traffic(1);
	const coming = [traffic.packet(UDP, 300), traffic.packet(UDP, 301)];
	const leaving = traffic.packet(UDP, LONGEST, {}, PEER, OWN);
	const receive = () => deviceReceive(view, native, RECEIVED, MOST);
	const transmit = () => deviceTransmit(view, native, 0, TO_SEND, TO_SEND + leaving.length);
	rig.bytes.set(leaving, TO_SEND);
	for (const frame of coming) rig.arrive(frame);
	rig.pass(0.1);
	expect(receive()).toBe(COMES);
	expect(transmit()).toBe(AGAIN);
	while (devicePasses(view, native));
	// It is the writer's turn.
	expect(transmit()).toBe(AGAIN);
	expect(devicePasses(view, native)).toBe(false);
	expect(receive()).toBe(coming[0]!.length);
	expect(rig.received(coming[0]!.length)).toEqual(coming[0]);
	// It is still being written.
	expect(devicePasses(view, native)).toBe(true);
	expect(receive()).toBe(COMES);
	while (devicePasses(view, native));
	expect(transmit()).toBe(SENT);
	expect(rig.next()).toBe(coming[1]!.length);
	expect(rig.received(coming[1]!.length)).toEqual(coming[1]);
	expect(rig.next()).toBe(0);
	rig.pass(2);
	rig.listen();
	expect(rig.outward).toEqual([leaving]);
	expect(rig.counted).toEqual({});
	rig.expectNoComplaint();
});

it("begins with the frame that waits in the chip as soon as the one before has left, though nobody calls", async () => {
	const rig = new Rig("enc28j60", OPTIONS);
	const traffic = new Traffic(2);
	const frames = [1514, 1514].map((length) => traffic.packet(UDP, length, {}, PEER, OWN));
	expect(frames.map((frame) => rig.send(frame))).toEqual([SENT, SENT]);
	for (let i = 0; i < 2; i++) {
		rig.pass(1.3);
		await turn();
	}
	rig.listen();
	expect(rig.outward).toEqual(frames);
	expect(rig.counted).toEqual({});
	rig.expectNoComplaint();
});
