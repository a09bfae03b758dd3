export function openTap(name) @ "xs_host_openTap";
export function connectStream(path) @ "xs_host_connectStream";
export function inheritFd(fd, kind) @ "xs_host_inheritFd";
export function receive(fd, view, at, max) @ "xs_host_receive";
export function send(fd, view, at, end) @ "xs_host_send";
export function close(fd) @ "xs_host_closeWire";
