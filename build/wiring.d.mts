interface Wired {
	board: string;
	pin(gpio: number): string;
	supply: string;
	ground: string;
}
/** Targets with wires, by their folders below hosts. */
export const WIRED: Record<string, Wired>;
/** The picture of a board file's wires, as SVG. */
export function wiringOf(file: unknown, board: Wired): string;
export function boardFileOf(target: string): unknown;
