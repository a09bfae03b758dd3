import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FrameReader } from "../../../hosts/desktop/frame-stream.ts";
import { Segment } from "../../../hosts/desktop/segment.ts";
import { SourceLines } from "../../../hosts/desktop/source-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "multihome-frames-"));
afterAll(() => rmSync(folder, { recursive: true }));

function framed(...frames: Buffer[]): Buffer {
	return Buffer.concat(
		frames.flatMap((frame) => {
			const length = Buffer.alloc(4);
			length.writeUInt32BE(frame.length);
			return [length, frame];
		}),
	);
}

describe("QEMU's framing", () => {
	it("is cut into the same frames however it arrives", () => {
		const frames = Array.from({ length: 40 }, (_, i) => Buffer.alloc((i * 397) % 1600, i));
		const stream = framed(...frames);
		for (const step of [1, 2, 3, 5, 1000, 4096, stream.length]) {
			const reader = new FrameReader();
			const found: Buffer[] = [];
			for (let at = 0; at < stream.length; at += step)
				reader.push(stream.subarray(at, at + step), (buffer, from, to) => found.push(Buffer.from(buffer.subarray(from, to))));
			expect(found).toEqual(frames);
		}
	});

	it("is not what a peer speaks that announces a frame of 64 KiB and more", () => {
		expect(() => new FrameReader().push(Buffer.from("GET / HTTP/1.1\r\n"), () => undefined)).toThrow(
			"frame of 1195725856 bytes: expected at most 65536; the peer does not speak QEMU's framing",
		);
	});
});

describe("a segment", () => {
	async function plug(segment: Segment, name: string): Promise<{ socket: Socket; heard: string[] }> {
		const path = join(folder, name);
		await segment.listen(path);
		const socket = connect(path);
		await once(socket, "connect");
		const reader = new FrameReader();
		const heard: string[] = [];
		socket.on("data", (chunk) => reader.push(chunk, (buffer, at, end) => heard.push(buffer.toString("latin1", at, end))));
		return { socket, heard };
	}

	async function pass(): Promise<void> {
		await new Promise((done) => setTimeout(done, 50));
	}

	it("repeats a frame to all others, and goes on when a plug is pulled or speaks nonsense", async () => {
		const segment = new Segment();
		const a = await plug(segment, "a");
		const b = await plug(segment, "b");
		const c = await plug(segment, "c");
		await pass();
		a.socket.write(framed(Buffer.from("one"), Buffer.from("two")));
		await pass();
		expect([a.heard, b.heard, c.heard]).toEqual([[], ["one", "two"], ["one", "two"]]);
		c.socket.write("nonsense that is no frame");
		await pass();
		b.socket.write(framed(Buffer.from("three")));
		await pass();
		expect([a.heard, b.heard, c.heard]).toEqual([["three"], ["one", "two"], ["one", "two"]]);
		a.socket.destroy();
		segment.close();
		expect(segment.dropped).toBe(0);
	});

	it("loses frames for a port that does not take them, not memory", async () => {
		const segment = new Segment();
		const a = await plug(segment, "d");
		const b = await plug(segment, "e");
		b.socket.pause();
		const frame = framed(Buffer.alloc(1500));
		for (let i = 0; i < 4000; i++) if (!a.socket.write(frame)) await once(a.socket, "drain");
		await pass();
		expect(segment.dropped).toBeGreaterThan(1000);
		a.socket.destroy();
		b.socket.destroy();
		segment.close();
	});
});

describe("positions in bundles", () => {
	it("become positions in sources", () => {
		const bundle = join(folder, "app.js");
		// Line 1 of the bundle has no source; line 2 is line 6 of the first; line 3 is line 1 of the second.
		writeFileSync(
			`${bundle}.map`,
			JSON.stringify({ version: 3, sources: ["app.ts", "lib/word.ts"], names: [], mappings: ";AAKA;ACLA" }),
		);
		const lines = new SourceLines();
		expect(lines.translate(` at fail (${bundle}:2)`)).toBe(" at fail (app.ts:6)");
		expect(lines.translate(`x ${bundle}:3 y ${bundle}:1 z`)).toBe(`x lib/word.ts:1 y ${bundle}:1 z`);
		expect(lines.translate("elsewhere.js:3")).toBe("elsewhere.js:3");
	});
});
