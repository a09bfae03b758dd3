// What the programs here expect of a host: `device`, as Moddable's programs know it, with the stack's socket classes. It is their argument, and a global (../global.d.ts).

export type { Bytes, IO, Listener, ListenerOptions, Stack, TCP, TCPError, TCPOptions, UDP, UDPOptions } from "multihome";

export type { Device, DeviceNetwork, Heap, Resolver, ResolverOptions } from "../../types/device.d.ts";
