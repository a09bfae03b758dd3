// Programs put properties of their own on sockets, and getters where the stack looks.

import { expect, it } from "vitest";
import { ascii, pair } from "./pair.ts";

const NAMES = ["sent", "another", "woken", "block", "view", "peer", "written", "arena"];

it("a socket's own properties of any likely name do not get in its way", () => {
	const p = pair();
	const heard: number[] = [];
	const there = new p.b.UDP({
		port: 7,
		onReadable(count) {
			heard.push(count);
			this.read(new Uint8Array(8));
		},
	});
	const here = new p.a.UDP({});
	for (const socket of [here, there]) for (const name of NAMES) (socket as unknown as Record<string, number>)[name] = 1;
	for (let i = 0; i < 3; i++) {
		here.write(ascii("x"), "10.0.0.2", 7);
		p.world.run(50);
	}
	expect(heard).toEqual([1, 1, 1]);
	let echoed = 0;
	new p.b.Listener({
		port: 80,
		onReadable() {
			for (let from = this.read(); from !== undefined; from = this.read()) {
				const tcp = new p.b.TCP({
					from,
					onReadable: () => {
						tcp.read(new Uint8Array(8));
						tcp.write(ascii("y"));
					},
				});
				for (const name of NAMES) (tcp as unknown as Record<string, number>)[name] = 1;
			}
		},
	});
	const client = new p.a.TCP({
		address: "10.0.0.2",
		port: 80,
		onWritable: () => void (echoed === 0 && client.write(ascii("x"))),
		onReadable: (count) => void (echoed += client.read(new Uint8Array(count)) as number),
	});
	for (const name of NAMES) (client as unknown as Record<string, number>)[name] = 1;
	p.world.run(500);
	expect(echoed).toBeGreaterThan(0);
});

it("a getter in place of the sender's address may answer anything, or close the socket", () => {
	const p = pair();
	const socket = new p.a.UDP({});
	for (let i = 0; i < 2; i++) socket.write(ascii("x"), "10.0.0.2", 7); // from here on the peer is known
	let address: unknown = 7;
	let closes = false;
	Object.defineProperty((socket as unknown as { sender: object }).sender, "address", {
		get() {
			if (closes) socket.close();
			return address;
		},
		set() {},
	});
	expect(socket.write(ascii("x"), "10.0.0.2", 7)).toBe(undefined);
	address = "10.0.0.2";
	closes = true;
	// It need not be asked: then the datagram is sent. When it is, the socket is closed.
	try {
		socket.write(ascii("x"), "10.0.0.2", 7);
	} catch (error) {
		expect(error).toBeInstanceOf(SyntaxError);
	}
	socket.close();
	expect(() => socket.write(ascii("x"), "10.0.0.2", 7)).toThrow(SyntaxError);
});
