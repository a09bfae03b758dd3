// What hosts define for programs. In a project with @moddable/typings `device` is declared there: programs had better take it as their argument.

declare const device: import("./examples/device.ts").Device;
