// The images that mcconfig leaves in its output folder: what is flashed.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "./files.mjs";

/** What each platform's build ends with: without that file there is no firmware, whatever status mcconfig has ended with. */
const FIRMWARE = { pico: "xs_pico.uf2", esp32: "xs_esp32.bin" };

/** Removes what an earlier build has left: a failed one of ESP-IDF would copy it once more, and end with status 0. */
export function removeImages(out) {
	for (const path of filesBelow(out, /^xs_(pico|esp32)\.(bin|elf|map|uf2)$/)) rmSync(path);
}

/** Paths of what is flashed: of mcconfig's own folder of results, as CMake's folders have .bin files of its own tests. Throws Error where there is no firmware among them. */
export function imagesOf(platform, out) {
	const images = filesBelow(join(out, "bin"), /\.(uf2|bin)$/);
	if (!images.some((path) => path.endsWith(FIRMWARE[platform])))
		throw new Error(`there is no ${FIRMWARE[platform]}, though mcconfig has ended with status 0`);
	return images;
}
