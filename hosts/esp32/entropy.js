// Random bits of the hardware: entropy.c. `entropy` of src/host/host.ts says what it does.

export function entropy(bytes) @ "xs_multihome_entropy";
