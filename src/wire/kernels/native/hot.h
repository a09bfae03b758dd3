// HOT stands before functions that pass every byte of a packet: compiled for speed also where the rest is compiled for size, as on a Pico.

#ifndef MULTIHOME_HOT_H
#define MULTIHOME_HOT_H

#if defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

#endif
