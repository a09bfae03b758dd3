// Fixed memory for the packet arena; src/packet/memory.ts is its twin for Node.

export function allocate(bytes) @ "xs_multihome_allocate";
