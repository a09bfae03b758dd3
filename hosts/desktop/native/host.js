// What the stack takes of this host; src/host/host.ts says what each does.

import { drive as poll, wake } from "host/loop";

function entropy(bytes) @ "xs_multihome_entropy";

// Both functions in the end are C: nothing is interpreted for a poll but what programs do in it.
const drive = (callback) => wake.bind(undefined, poll(callback));

export const host = { entropy, drive };
