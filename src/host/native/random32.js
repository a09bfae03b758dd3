// 32 random bits as an int32: random32.c.

export function random32() @ "xs_multihome_random32";
