// 32 random bits as an int32, from the file of the platform: random-pico.c, random-esp32.c.

export function random32() @ "xs_multihome_random32";
