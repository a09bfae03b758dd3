// The turn with the calls of sockets' owners; src/turn/poll.ts is its twin, and says what each does.

function poll(view, owners, events, rest, now) @ "xs_multihome_poll";

/** A bound function is called without a bytecode. */
export const pollOf = (...context) => poll.bind(undefined, ...context);
export function pollOn(view, owners, events, answer) @ "xs_multihome_pollOn";
