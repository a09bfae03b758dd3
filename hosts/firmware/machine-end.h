// Of last-end.c, for what is called when the engine ends the machine.

#ifndef MULTIHOME_MACHINE_END_H
#define MULTIHOME_MACHINE_END_H

/** Keeps why the machine ends, and what was thrown, when something was (or NULL), for the next start. */
void machineEnds(txMachine *the, const char *why, txSlot *thrown);

#endif
