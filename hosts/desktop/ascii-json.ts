// What the command line and a board's process say to each other is JSON in frames, and a frame is bytes.

/** JSON in which what is not ASCII is escaped: each character is a byte. */
export function asciiJson(value: unknown): string {
	const text = JSON.stringify(value);
	let ascii = "";
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		ascii += code < 128 ? text[i]! : "\\u" + code.toString(16).padStart(4, "0");
	}
	return ascii;
}
