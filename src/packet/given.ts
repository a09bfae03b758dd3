// Addresses that the interpreter hands to compiled functions: each is put into a register, and handed on as where that lies.

import { setV4, setV4OrNone } from "#codec";
import { GIVEN_ADDRESS, GIVEN_SOURCE } from "./fields.ts";

/** The address of IPv4, int32, 0 for none, that something is to be done for or asked about. */
export function given(view: DataView, v4: number): number {
	setV4OrNone(view, GIVEN_ADDRESS, v4);
	return GIVEN_ADDRESS;
}

/** Likewise one beside it that is ours. */
export function givenSource(view: DataView, v4: number): number {
	setV4OrNone(view, GIVEN_SOURCE, v4);
	return GIVEN_SOURCE;
}

/** A destination: 0.0.0.0 is an address here, which somebody may have called himself. */
export function givenDestination(view: DataView, v4: number): number {
	setV4(view, GIVEN_ADDRESS, v4);
	return GIVEN_ADDRESS;
}
