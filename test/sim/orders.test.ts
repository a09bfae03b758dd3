// What a connection comes to in whatever order things happen to it: orders.ts. DEPTH changes how many follow each other.

import { expect, it } from "vitest";
import { envNumber } from "../support/env.ts";
import { everyOrder } from "./orders.ts";

const DEPTH = envNumber("DEPTH", 3);

it(`every order of ${DEPTH} events leaves both streams as they were written, and every socket free`, () => {
	const { orders, faults } = everyOrder(DEPTH);
	console.log(`${orders} orders`);
	expect(faults).toEqual([]);
	expect(orders).toBeGreaterThan(9 ** DEPTH);
});
