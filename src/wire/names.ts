// Lists of names as DNS has them, uncompressed: of DHCPv6 (RFC 8415 §10) and of router advertisements (RFC 8106 §5.2).

/** Those in bytes `at` to `end`, at most so many; up to one that is none. RFC 1035 §3.1. */
export function namesIn(view: DataView, at: number, end: number, most: number): string[] {
	const names: string[] = [];
	let labels: string[] = [];
	for (let i = at; i < end && names.length < most;) {
		const length = view.getUint8(i++);
		if (length > 63 || i + length > end) break;
		if (length === 0) {
			if (labels.length > 0) names.push(labels.join("."));
			labels = [];
			continue;
		}
		let label = "";
		for (let k = 0; k < length; k++) label += String.fromCharCode(view.getUint8(i + k));
		if (!/^[A-Za-z0-9_-]+$/.test(label)) break;
		labels.push(label);
		i += length;
	}
	return names;
}
