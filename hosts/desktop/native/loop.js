export function createTimer(callback) @ "xs_host_createTimer";
export function armTimer(id, ms) @ "xs_host_armTimer";
export function disarmTimer(id) @ "xs_host_disarmTimer";
export function destroyTimer(id) @ "xs_host_destroyTimer";
export function drive(poll) @ "xs_host_drive";
export function wake(id) @ "xs_host_wake";
export function watch(fd, callback, arrived) @ "xs_host_watch";
export function setWatch(fd, wantRead, wantWrite) @ "xs_host_setWatch";
export function unwatch(fd) @ "xs_host_unwatch";
export function defer(callback) @ "xs_host_defer";

export const READABLE = 1;
export const WRITABLE = 2;
export const CLOSED = 4;
