export function pattern(count: number): Buffer;
export function checksum(bytes: Uint8Array): string;
