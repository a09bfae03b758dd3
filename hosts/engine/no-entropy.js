// On this platform nobody has said yet where random bits come from: `new Stack` asks for the option random32.

export const entropy = undefined;
