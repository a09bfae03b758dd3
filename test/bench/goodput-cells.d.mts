import type { WireOptions } from "../support/impaired-wire.ts";

export interface Cell {
	readonly name: string;
	readonly fault: string;
	readonly roundTripMs: number;
	readonly rate: number;
	readonly loss: number;
	readonly reorder: number;
	readonly by: number;
	readonly queue: number;
	readonly bytes: number;
	readonly limitS: number;
}

export const WINDOW: number;
export const LIMIT_S: number;
export const CELLS: readonly Cell[];
export function wireOf(cell: Cell, seed: number): WireOptions;
export function median(values: readonly number[]): number;
