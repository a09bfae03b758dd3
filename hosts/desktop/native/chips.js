export function plug(kind, bus, select, interrupt, reset, fd, lineRate, seed) @ "xs_host_plugChip";
export function unplug(chip) @ "xs_host_unplugChip";
export function fault(chip, which, argument) @ "xs_host_faultChip";
export function cable(chip, up) @ "xs_host_cableOfChip";
export function arrive(chip, view, at, end) @ "xs_host_sendToChip";
export function hear(chip, view, at) @ "xs_host_hearChip";
export function passTime(ns) @ "xs_host_passChipTime";
export function count(chip, which) @ "xs_host_countOfChip";
export function lastComplaint() @ "xs_host_lastComplaint";

export const ABSENT = 0;
export const INTERRUPT_STUCK = 1;
export const BAD_LENGTH = 2;
export const RESETS = 3;
export const BIT_ERRORS_IN = 4;
export const BIT_ERRORS_OUT = 5;
export const TRANSMIT_STUCK = 6;
export const LATE_COLLISIONS = 7;
export const BUSY = 8;
export const OVERWRITTEN = 9;

export const SPI_BYTES = 0;
export const TRANSACTIONS = 1;
export const RECEIVED = 2;
export const FILTERED = 3;
export const OVERFLOWED = 4;
export const TRANSMITTED = 5;
export const COMPLAINTS = 6;
export const UNSENT = 7;
