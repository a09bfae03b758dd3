// Frames of serial lines, put together and taken apart bit by bit, sharing nothing with src/.

/** RFC 1662 §C.2, a bit at a time. */
export function fcsOf(bytes: Iterable<number>): number {
	let fcs = 0xffff;
	for (const byte of bytes) {
		for (let bit = 0; bit < 8; bit++) {
			const feedback = (fcs ^ (byte >> bit)) & 1;
			fcs >>= 1;
			if (feedback) fcs ^= 0x8408;
		}
	}
	return fcs ^ 0xffff;
}

/** What lies between two flags, stuffed. */
export function stuff(bytes: Iterable<number>, accm = -1): number[] {
	const out: number[] = [];
	for (const byte of bytes) {
		const escape = byte === 0x7e || byte === 0x7d || (byte < 32 && (accm & (1 << byte)) !== 0);
		if (escape) out.push(0x7d, byte ^ 0x20);
		else out.push(byte);
	}
	return out;
}

/** `header` (address, control, protocol), information and FCS between two flags. */
export function hdlcFrame(header: readonly number[], information: Iterable<number>, accm = -1): number[] {
	const body = [...header, ...information];
	const fcs = fcsOf(body);
	return [0x7e, ...stuff([...body, fcs & 255, fcs >> 8], accm), 0x7e];
}

export function slipFrame(packet: Iterable<number>): number[] {
	const out = [0xc0];
	for (const byte of packet) {
		if (byte === 0xc0) out.push(0xdb, 0xdc);
		else if (byte === 0xdb) out.push(0xdb, 0xdd);
		else out.push(byte);
	}
	return [...out, 0xc0];
}
