// What the project's C takes of a firmware is read from the linker's map.

import { expect, it } from "vitest";
import { cBytes, sectionsOf } from "../../build/c-sizes.mjs";

/** As GNU ld writes it: what was left out has address 0, and a long name a line of its own. */
const MAP = `
Discarded input sections

 .text.wire_ring_never
                0x00000000       0x40 /out/tmp/pico/codec.c.o
 .text          0x00000000        0x0 /out/tmp/pico/w5500.c.o

Linker script and memory map

 .text.wire_demux_transport
                0x10037dec      0x5bc /out/tmp/pico/codec.c.o
 .text.link_arp 0x10038000       0x10 /out/tmp/pico/codec.c.o
 .text.xs_multihome_tcpListen
                0x10038100      0x1f4 /out/tmp/pico/codec.c.o
 .text.sum16    0x10038200       0x30 /out/tmp/pico/codec.c.o
 .rodata.routes 0x10038300       0x20 /out/tmp/pico/w5500.c.o
 .text.poll     0x10038400        0x8 /out/tmp/pico/poll.c.o
 .text.multihomeDeviceAdd
                0x10038410       0x18 /out/tmp/pico/devices.c.o
 .text.fxRunID  0x10038500     0x76d0 /out/tmp/pico/xsRun.c.o
`;

it("sections that lie in flash, with their object files", () => {
	expect(sectionsOf(MAP)).toEqual([
		["wire_demux_transport", "codec.c.o", 0x5bc],
		["link_arp", "codec.c.o", 0x10],
		["xs_multihome_tcpListen", "codec.c.o", 0x1f4],
		["sum16", "codec.c.o", 0x30],
		["routes", "w5500.c.o", 0x20],
		["poll", "poll.c.o", 8],
		["multihomeDeviceAdd", "devices.c.o", 0x18],
		["fxRunID", "xsRun.c.o", 0x76d0],
	]);
});

it("the project's by part, and nothing of others", () => {
	expect(cBytes(MAP)).toMatchObject({
		"src/wire": 0x5bc,
		"src/link": 0x10,
		"src/turn": 0,
		"door of the interpreter": 0x1f4,
		"kernels and checks": 0x30,
		"C by hand in src": 0x18,
		"hosts/engine": 8,
		drivers: 0x20,
	});
	expect(Object.values(cBytes(MAP)).reduce((sum, bytes) => sum + bytes, 0)).toBe(0x5bc + 0x10 + 0x1f4 + 0x30 + 0x18 + 8 + 0x20);
});
