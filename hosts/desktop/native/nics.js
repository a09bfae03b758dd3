export function plug(kind, fd, mac) @ "xs_host_plugNic";
export function unplug(kind) @ "xs_host_unplugNic";
export function arrived(kind) @ "xs_host_arriveAtNic";
export function hand(kind, view, at, end) @ "xs_host_handToNic";
export function hear(kind, view, at) @ "xs_host_hearNic";
export function link(kind, up) @ "xs_host_linkNic";
export function hinder(kind, full, busy) @ "xs_host_hinderNic";
export function multicast(kind) @ "xs_host_multicastOfNic";
