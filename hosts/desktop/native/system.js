function readArguments() @ "xs_host_arguments";

export const args = readArguments();
export function print(line) @ "xs_host_print";
export function warn(line) @ "xs_host_warn";
export function exit(status) @ "xs_host_exit";
export function now() @ "xs_host_now";
export function monotonicMicroseconds() @ "xs_host_monotonicMicroseconds";
export function wallSeconds() @ "xs_host_wallSeconds";
export function wallNanoseconds() @ "xs_host_wallNanoseconds";
export function readFile(path) @ "xs_host_readFile";
export function memoryBytes() @ "xs_host_memoryBytes";
export function onSignal(callback) @ "xs_host_onSignal";
export function importNow(name) @ "xs_host_importNow";
