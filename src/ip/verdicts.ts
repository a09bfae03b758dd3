// What is said of a packet by whoever looks at it, unless it is a reason of ../packet/drops.ts for which it is dropped.

/** It goes on. */
export const GO_ON = -1;
/** Nobody else goes on with it: somebody has it, and the packet is its. */
export const TAKEN = -2;
/** The same, and what was to be done with the packet is done. */
export const DONE = -3;
/** It is dropped, counted, and its sender told. */
export const REJECTED = -4;
