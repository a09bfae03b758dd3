// The turn with the calls of sockets' owners; src/turn/poll.ts is its twin, and says what each does.

export function pollBegin(view, owners, events, now) @ "xs_multihome_pollBegin";
export function pollOn(view, owners, events, answer) @ "xs_multihome_pollOn";
