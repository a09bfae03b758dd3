export function openWrite(path) @ "xs_host_openWrite";
export function write(fd, view, at, end) @ "xs_host_writeFile";
export function close(fd) @ "xs_host_closeFile";
