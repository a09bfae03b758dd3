// Pictures of the wires of targets that have some, made of their board files: `node build/wiring.mjs` writes hosts/FAMILY/targets/NAME/wiring.svg, and test/desktop/targets.test.ts
// tells when one is not what the board file says.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

// Of a Pico and a Pico 2, the number beside each GP pin. Raspberry Pi Pico datasheet, §2.1.
// prettier-ignore
const PICO_PINS = {
	0: 1, 1: 2, 2: 4, 3: 5, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12, 10: 14, 11: 15, 12: 16, 13: 17, 14: 19, 15: 20, 16: 21, 17: 22, 18: 24, 19: 25, 20: 26, 21: 27, 22: 29, 26: 31,
	27: 32, 28: 34,
};

const pico = { pin: (gpio) => `GP${gpio}, pin ${PICO_PINS[gpio]}`, supply: "3V3(OUT), pin 36", ground: "GND, pin 38" };
const espressif = { pin: (gpio) => `IO${gpio}`, supply: "3V3", ground: "GND" };

/** Targets of boards without a chip of their own, which is wired to them. */
export const WIRED = {
	"pico/targets/pico-enc28j60": { board: "Raspberry Pi Pico", ...pico },
	"pico/targets/pico-both": { board: "Raspberry Pi Pico", ...pico },
	"pico/targets/pico-three": { board: "Raspberry Pi Pico", ...pico },
	"esp32/targets/esp32-w5500": { board: "ESP32-DevKitC", ...espressif },
	"esp32/targets/esp32-enc28j60": { board: "ESP32-DevKitC", ...espressif },
	"esp32/targets/esp32-both": { board: "ESP32-DevKitC", ...espressif },
	"esp32/targets/esp32s3-w5500": { board: "ESP32-S3-DevKitC-1", ...espressif },
	"esp32/targets/esp32c3-w5500": { board: "ESP32-C3-DevKitM-1", ...espressif },
};

/** What modules call the pins of a board file, in the order of the picture. */
const MODULES = {
	w5500: {
		name: "W5500 module",
		pins: { clock: "SCLK", out: "MOSI", in: "MISO", select: "SCS (CS)", interrupt: "INT", reset: "RST" },
		supply: "3.3 V",
	},
	enc28j60: {
		name: "ENC28J60 module",
		pins: { clock: "SCK", out: "SI (MOSI)", in: "SO (MISO)", select: "CS", interrupt: "INT", reset: "RST" },
		supply: "VCC, 3.3 V",
	},
	// A UART's pins are named after its own side: what it sends the other one receives.
	uart: { name: "modem, adapter (3.3 V)", pins: { tx: "RXD", rx: "TXD", cts: "RTS", rts: "CTS" } },
};

// prettier-ignore
const COLORS = {
	supply: "#d32f2f", ground: "#111111", clock: "#e08600", out: "#1565c0", in: "#2e7d32", select: "#7b1fa2", interrupt: "#00838f", reset: "#6d4c41", tx: "#1565c0", rx: "#2e7d32",
	cts: "#7b1fa2", rts: "#00838f",
};

const ROW = 24;
const HEAD = 34;
const GAP = 26;
const BOARD = { x: 40, width: 210 };
const MODULE = { x: 430, width: 210 };

const text = (x, y, content, rest = "") => `<text x="${x}" y="${y}" fill="#111111"${rest}>${content}</text>`;
const box = (x, y, width, height) =>
	`<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="#ececf0" stroke="#33333d" stroke-width="1.5"/>`;

/** The picture of a board file's wires, as SVG. */
export function wiringOf(file, { board, pin, supply, ground }) {
	const parts = [];
	const said = [];
	let y = 60 + HEAD;
	const top = y - HEAD;
	const row = (kind, from, to) => {
		parts.push(
			`<line x1="${BOARD.x + BOARD.width}" y1="${y}" x2="${MODULE.x}" y2="${y}" stroke="${COLORS[kind]}" stroke-width="3"/>`,
			text(BOARD.x + BOARD.width - 10, y + 4, from, ' text-anchor="end"'),
			text(MODULE.x + 10, y + 4, to),
		);
		y += ROW;
	};
	for (const { name, driver, pins } of file.interfaces) {
		const module = MODULES[driver];
		const start = y - HEAD;
		const wires = Object.entries(module.pins).filter(([role]) => (pins[role] ?? -1) >= 0);
		const rows = wires.length + (module.supply === undefined ? 1 : 2);
		parts.push(
			box(MODULE.x, start, MODULE.width, HEAD + rows * ROW),
			text(MODULE.x + MODULE.width / 2, start + 17, `${name}: ${module.name}`, ' text-anchor="middle" font-weight="bold"'),
		);
		for (const [role, there] of wires) row(role, pin(pins[role]), there);
		if (module.supply !== undefined) row("supply", supply, module.supply);
		row("ground", ground, "GND");
		said.push(`${name}, ${module.name}: ${wires.map(([role, there]) => `${there} to ${pin(pins[role])}`).join(", ")}`);
		y += GAP + HEAD;
	}
	const bottom = y - GAP - HEAD;
	const height = bottom + 30;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 ${height}" width="680" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">
<title>${board}: ${file.name}</title>
<desc>${said.join("; ")}.</desc>
<rect width="680" height="${height}" fill="#ffffff"/>
${text(340, 30, `${board}: ${file.name}`, ' font-size="18" text-anchor="middle" font-weight="bold"')}
${box(BOARD.x, top, BOARD.width, bottom - top)}
${text(BOARD.x + 14, top + 17, board, ' font-weight="bold"')}
${parts.join("\n")}
</svg>
`;
}

export function boardFileOf(target) {
	return JSON.parse(readFileSync(join(root, "hosts", target, "board.json"), "utf8"));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
	for (const [target, board] of Object.entries(WIRED))
		writeFileSync(join(root, "hosts", target, "wiring.svg"), wiringOf(boardFileOf(target), board));
