// IPv6 addresses as text: read by RFC 4291 §2.2, printed by RFC 5952.

/** The eight 16-bit words, or undefined when the text is none. No zone, no brackets. */
export function parseIpv6(text: string): number[] | undefined {
	const halves = text.split("::");
	if (halves.length > 2) return undefined;
	const head = wordsOf(halves[0]!, halves.length === 1);
	const tail = halves.length === 2 ? wordsOf(halves[1]!, true) : [];
	if (head === undefined || tail === undefined) return undefined;
	const missing = 8 - head.length - tail.length;
	// "::" stands for one word at least: RFC 5952 §4.2.2 would not print it for one, but reads it.
	if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
	return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** `last`: the text may end in an IPv4 address. */
function wordsOf(text: string, last: boolean): number[] | undefined {
	if (text === "") return [];
	const words: number[] = [];
	const parts = text.split(":");
	for (const [i, part] of parts.entries()) {
		if (last && i === parts.length - 1 && part.includes(".")) {
			const bytes = part.split(".");
			if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9][0-9]{0,2})$/.test(byte) && Number(byte) < 256))
				return undefined;
			words.push(Number(bytes[0]) * 256 + Number(bytes[1]), Number(bytes[2]) * 256 + Number(bytes[3]));
		} else if (/^[0-9a-fA-F]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16));
		else return undefined;
	}
	return words;
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero words as "::"; §5: IPv4-mapped with dots. */
export function formatIpv6(words: ArrayLike<number>): string {
	let longest = 1;
	let from = -1;
	for (let i = 0, run = 0; i < 8; i++) {
		run = words[i] === 0 ? run + 1 : 0;
		if (run <= longest) continue;
		longest = run;
		from = i - run + 1;
	}
	if (from === 0 && longest === 5 && words[5] === 0xffff)
		return `::ffff:${words[6]! >> 8}.${words[6]! & 255}.${words[7]! >> 8}.${words[7]! & 255}`;
	let text = "";
	for (let i = 0; i < 8; i++) {
		if (i === from) {
			text += "::";
			i += longest - 1;
			continue;
		}
		if (text !== "" && !text.endsWith("::")) text += ":";
		text += words[i]!.toString(16);
	}
	return text;
}
