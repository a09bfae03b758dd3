// What decode needs of the short way of TCP. The twin is ../stream.ts.

#ifndef MULTIHOME_STREAM_H
#define MULTIHOME_STREAM_H

#include "arena.h"

enum { IN_ACK_DUE = 1, IN_DATA = 2, IN_UNEXPECTED = 4 };

/* The segment in the registers is offered to the TCB with that block, which lies in the arena. Answers IN_…, as streamIn. */
int32_t multihomeSegment(xsMachine *the, Arena *arena, uint32_t block);

#endif
