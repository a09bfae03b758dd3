// State machines as tables in the source, as their RFCs have them: a line for each event, a column for each state.

/** One cell: what is done, in this order, and the state that follows. */
export interface Cell {
	readonly actions: readonly string[];
	readonly next: number;
}

/** Cells by event and state; undefined where nothing happens. */
export type StateTable = readonly (readonly (Cell | undefined)[])[];

/**
 * The cells of lines such as " Up  -  new/2  3": the event's name, then actions apart by "," and the next state, a state alone, or "-". Frozen, all of it: on a board, what
 * stands in flash and may change takes four bytes of RAM an object.
 */
export function stateTable(lines: string[]): StateTable {
	return Object.freeze(lines.map((line) => Object.freeze(line.trim().split(/\s+/).slice(1).map(cellOf))));
}

function cellOf(text: string): Cell | undefined {
	if (text === "-") return undefined;
	const [actions, next] = text.includes("/") ? text.split("/") : ["", text];
	return Object.freeze({ actions: Object.freeze(actions === "" ? [] : actions!.split(",")), next: Number(next) });
}
