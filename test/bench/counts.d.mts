export interface Row {
	name: string;
	instructions: number;
	slots: number;
	chunkBytes: number;
	collections: number;
}
export type Counts = Record<string, number>;
export const ALLOWED: number;
export const BARS: Readonly<Record<string, number>>;
export function readCounts(): Counts;
export function writeCounts(counts: Counts): void;
export function complaints(row: Row, agreed: number): string[];
export function unmatched(counts: Counts, names: string[]): string[];
export function uneven(counts: Counts): string[];
export function renewed(counts: Counts, names: string[], rows: Row[]): Counts;
export function changes(before: Counts, after: Counts): string[];
