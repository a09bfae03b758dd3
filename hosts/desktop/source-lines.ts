// Turns lines of bundles into lines of sources, in what the board's process prints. Source map revision 3.

import { existsSync, readFileSync } from "node:fs";

interface SourceMap {
	sources: string[];
	mappings: string;
}

interface Place {
	source: number;
	line: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** For each line of the bundle, where its first mapped piece comes from. */
function decode(mappings: string): (Place | undefined)[] {
	const fields = [0, 0, 0, 0];
	return mappings.split(";").map((line) => {
		let first: Place | undefined;
		fields[0] = 0;
		for (const segment of line === "" ? [] : line.split(",")) {
			let field = 0;
			let value = 0;
			let shift = 0;
			for (const character of segment) {
				const digit = DIGITS.indexOf(character);
				value += (digit & 31) << shift;
				shift += 5;
				if (digit & 32) continue;
				// Source map revision 3, "VLQ": the lowest bit is the sign.
				if (field < 4) fields[field++]! += value & 1 ? -(value >> 1) : value >> 1;
				value = shift = 0;
			}
			if (field === 4) first ??= { source: fields[1]!, line: fields[2]! + 1 };
		}
		return first;
	});
}

export class SourceLines {
	/** By the bundle's path, read when it is first needed. */
	readonly #maps = new Map<string, { sources: string[]; lines: (Place | undefined)[] } | undefined>();

	/** `text` with every "bundle.js:12" replaced that has a source map beside it. */
	translate(text: string): string {
		return text.replace(/([^\s()]+\.js):(\d+)/g, (whole, path: string, line: string) => {
			const map = this.#map(path);
			const place = map?.lines[Number(line) - 1];
			return place === undefined ? whole : `${map!.sources[place.source]}:${place.line}`;
		});
	}

	#map(path: string): { sources: string[]; lines: (Place | undefined)[] } | undefined {
		if (!this.#maps.has(path)) {
			const file = `${path}.map`;
			const map = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SourceMap) : undefined;
			this.#maps.set(path, map && { sources: map.sources, lines: decode(map.mappings) });
		}
		return this.#maps.get(path);
	}
}
