// The C of the firmware that calls an SDK compiles with that SDK's headers without a warning, where the SDK is installed: MODDABLE, and
// PICO_SDK_DIR or IDF_PATH, as Moddable's guides have one set them.

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
	compileForEsp32,
	compileForPico,
	CORTEX_M0,
	ESP32,
	ESP32C3,
	missing,
	namedInIram,
	type Toolchain,
} from "./toolchains.ts";

/** The SDKs in these variables; undefined, told in one line, when one is not set or the compiler is missing. */
function installed(what: string, toolchains: Toolchain[], ...variables: string[]): string[] | undefined {
	const unset = variables.find((name) => !existsSync(process.env[name] ?? ""));
	const problem =
		unset === undefined
			? toolchains.map((each) => missing(each, what.endsWith("esp32.c"))).find((text) => text !== undefined)
			: `${unset} is not set to an SDK`;
	if (problem === undefined) return variables.map((name) => process.env[name]!);
	console.log(`skipped: ${what}: ${problem}`);
	return undefined;
}

const pico = installed("drivers/bus/pico.c", [CORTEX_M0], "PICO_SDK_DIR", "MODDABLE");
const esp32 = installed("drivers/bus/esp32.c", [ESP32, ESP32C3], "IDF_PATH", "MODDABLE");

/** Every component's `include` folder of one chip. */
function picoFolders(sdk: string, chip: string): string[] {
	const parts = ["src/common", `src/${chip}`, "src/rp2_common"];
	const all = parts.flatMap((part) => readdirSync(join(sdk, part)).map((name) => `${part}/${name}/include`));
	return ["src/boards/include", ...all.filter((folder) => existsSync(join(sdk, folder)))];
}

describe.skipIf(pico === undefined).each(["rp2040", "rp2350"] as const)("%s", (chip) => {
	test.each([
		"build/out/flat/codec.c",
		"hosts/engine/sockets.c",
		"drivers/bus/pico.c",
		"drivers/bus/pico-pio.c",
		"drivers/bus/uart-pico.c",
		"drivers/uart/uart-port.c",
		"drivers/nic/nic-pico.c",
		"hosts/pico/entropy.c",
		"hosts/firmware/machine.c",
		"hosts/firmware/last-end.c",
		"hosts/pico/identity.c",
		"hosts/pico/kept.c",
	])("%s compiles", async (file) => {
		const [sdk, moddable] = pico!;
		expect(await compileForPico(chip, sdk!, moddable!, picoFolders(sdk!, chip), file)).toBe("");
	});
});

/** Submodules of the pico-sdk, which boards without Wi-Fi do without; Moddable's make file has cyw43-driver with its glue to lwIP. */
const RADIO = ["lib/cyw43-driver/src", "lib/lwip/src/include"];
const radio = pico !== undefined && RADIO.every((folder) => existsSync(join(pico[0]!, folder)));
if (pico !== undefined && !radio)
	console.log("skipped: drivers/wifi/wifi-frames-pico.c: git submodule update --init lib/cyw43-driver lib/lwip in $PICO_SDK_DIR");

describe.skipIf(!radio).each([
	["rp2040", "pico_w"],
	["rp2350", "pico2_w"],
] as const)("%s, %s", (chip, board) => {
	test("drivers/wifi/wifi-frames-pico.c compiles", async () => {
		const [sdk, moddable] = pico!;
		const flags = [
			"-DCYW43_LWIP=1",
			"-DLIB_PICO_CYW43_ARCH=1",
			"-DPICO_CYW43_ARCH_THREADSAFE_BACKGROUND=1",
			`-DBOARD_HEADER="boards/${board}.h"`,
			"-isystem",
			join(moddable!, "build/devices/pico/config"),
		];
		const folders = [...picoFolders(sdk!, chip), ...RADIO];
		expect(await compileForPico(chip, sdk!, moddable!, folders, "drivers/wifi/wifi-frames-pico.c", flags)).toBe("");
	});
});

/** Names, and numbers in Moddable's make file. */
const CHIPS = [
	["esp32", 1],
	["esp32s2", 2],
	["esp32s3", 3],
	["esp32c3", 4],
	["esp32c6", 5],
	["esp32h2", 6],
] as const;

describe.skipIf(esp32 === undefined).each(CHIPS)("%s", (chip, number) => {
	test.each([
		"build/out/flat/codec.c",
		"hosts/engine/sockets.c",
		"drivers/bus/esp32.c",
		"drivers/bus/esp32-transfer.c",
		"drivers/bus/esp32-interrupt.c",
		"hosts/engine/memory.c",
		"hosts/esp32/entropy.c",
		"hosts/firmware/machine.c",
		"hosts/firmware/last-end.c",
		"hosts/esp32/identity.c",
		"hosts/esp32/kept.c",
		"drivers/ethernet/port.c",
		"drivers/bus/uart-esp32.c",
		"drivers/uart/uart-port.c",
		"drivers/nic/nic.c",
		"drivers/nic/nic-port.c",
		"drivers/nic/nic-esp32.c",
		...(chip === "esp32h2" ? [] : ["drivers/wifi/wifi-open.c", "drivers/wifi/wifi-frames-esp32.c"]),
		...(chip === "esp32" ? ["drivers/emac/emac-open.c", "drivers/emac/emac-esp32.c"] : []),
	])("%s compiles", async (file) => {
		const [idf, moddable] = esp32!;
		expect(await compileForEsp32(chip, number, idf!, moddable!, file)).toBe("");
	});
});

describe.skipIf(esp32 === undefined)("the handler of uart-esp32.c", () => {
	// In internal memory: esp_timer_start_once (CONFIG_ESP_TIMER_IN_IRAM), spi_flash_cache_enabled, FreeRTOS's critical sections and yield (its linker.lf). `post` is
	// in flash, and is called when that can be read. Every name that is not here would stop the board while flash is written.
	const known = ["count", "esp_timer_start_once", "post", "receive", "spi_flash_cache_enabled", "transmit"];
	const ofFreeRtos = ["vPortEnterCritical", "vPortExitCritical", "vPortYieldFromISR"];
	test.each(["-Os", "-O2", "-O0"])("calls nothing in flash (%s)", async (level) => {
		const [idf, moddable] = esp32!;
		const folder = mkdtempSync(join(tmpdir(), "multihome-iram-"));
		const object = join(folder, "uart.o");
		expect(await compileForEsp32("esp32c3", 4, idf!, moddable!, "drivers/bus/uart-esp32.c", [level], object)).toBe("");
		const names = namedInIram(object);
		rmSync(folder, { recursive: true });
		expect(names.length).toBeGreaterThan(0);
		expect(names.filter((name) => ![...known, ...ofFreeRtos].includes(name))).toEqual([]);
	});
});
