declare module "test/queue" {
	export function open(): number;
	export function number(index: number): number;
	export function set(index: number, busy: number, up: number, holding: number): void;
	export function put(index: number, frame: Uint8Array): void;
	export function length(index: number): number;
	export function take(index: number, buffer: Uint8Array): number;
	export function held(index: number): number;
	export function waiting(index: number): number;
	export function close(index: number): void;
}
