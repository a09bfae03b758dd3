// State machines as tables in the source, as their RFCs have them: a line for each event, a column for each state.

/** One cell: what is done, in this order, and the state that follows. */
export interface Cell {
	readonly actions: readonly string[];
	readonly next: number;
}

/** A text for each event: its cells, apart by blanks. As objects they would take more of a board's flash than all else that knows of the machine. */
export type StateTable = readonly string[];

const NOTHING: readonly string[] = Object.freeze([]);

/** The table of lines such as " Up  -  new/2  3": the event's name, then for each state actions apart by "," and the next state, a state alone, or "-". */
export function stateTable(lines: string[]): StateTable {
	return Object.freeze(lines.map((line) => line.trim().split(/\s+/).slice(1).join(" ")));
}

/** What the table says of an event in a state; undefined where nothing happens. */
export function cellOf(table: StateTable, event: number, state: number): Cell | undefined {
	const text = table[event]!.split(" ")[state]!;
	if (text === "-") return undefined;
	const [actions, next] = text.includes("/") ? text.split("/") : ["", text];
	return { actions: actions === "" ? NOTHING : actions!.split(","), next: Number(next) };
}
