// From the bytes of a frame to its layers: what the packet list shows.

import { LINKTYPE_ETHERNET, LINKTYPE_PPP, LINKTYPE_RAW } from "../../../src/device/pcapng.ts";
import { CutOff, Cursor, Dissection } from "./dissection.ts";
import type { Packet } from "./dissection.ts";
import { ethernet } from "./ethernet.ts";
import { ip } from "./ip.ts";
import { ppp } from "./ppp.ts";

export type { Field, Layer, Packet } from "./dissection.ts";

const LINKS: Readonly<Record<number, (cursor: Cursor) => void>> = {
	[LINKTYPE_ETHERNET]: ethernet,
	[LINKTYPE_PPP]: ppp,
	[LINKTYPE_RAW]: ip,
};

/** Takes a frame apart. What is malformed or cut off is said in a last layer of its own, whatever the bytes are: nothing is thrown. `linkType`: of pcapng, src/device/pcapng.ts. */
export function decode(frame: Uint8Array, linkType: number): Packet {
	const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
	const dissection = new Dissection(view);
	const cursor = new Cursor(dissection, 0, frame.byteLength);
	const link = LINKS[linkType];
	try {
		if (link === undefined) rest(cursor);
		else link(cursor);
	} catch (error) {
		if (!(error instanceof CutOff)) throw error;
		const at = dissection.layers.at(-1)?.at ?? 0;
		dissection.layers.push({
			name: "_ws.malformed",
			title: `Malformed: ${error.message}`,
			at,
			length: frame.byteLength - at,
			fields: [],
		});
		dissection.info = dissection.info === "" ? "malformed" : `${dissection.info} (malformed)`;
	}
	return dissection;
}

/** What no protocol is known for. */
function rest(cursor: Cursor): void {
	cursor.dissection.layer(cursor, "data", `Data, ${cursor.left} bytes`);
	cursor.dissection.tell("Data", `${cursor.left} bytes`);
}
