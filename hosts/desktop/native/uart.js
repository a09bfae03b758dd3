export function plug(port, kind, place, byteLoss, byteFlip, seed) @ "xs_host_plugUart";
export function unplug(line) @ "xs_host_unplugUart";
export function join(a, b) @ "xs_host_joinUarts";
export function path(line) @ "xs_host_pathOfUart";
export function arrive(line, view, at, end) @ "xs_host_sendToUart";
export function hear(line, view, at, max) @ "xs_host_hearUart";
export function disturb(line, breaks, framingErrors) @ "xs_host_disturbUart";
export function hangUp(line, there) @ "xs_host_hangUpUart";
export function record(line, fd) @ "xs_host_recordUart";
export function run() @ "xs_host_runUarts";
export function count(line, which) @ "xs_host_countOfUart";

export const RECEIVED = 0;
export const SENT = 1;
export const LOST = 2;
export const FLIPPED = 3;
