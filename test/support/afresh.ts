// Before each file of tests on Node: the table of devices is empty, as where each file has a context of its own.

import { PLACES, deviceRemove } from "../../src/device/kernels/devices.ts";

for (let number = 1; number <= PLACES; number++) deviceRemove(number);
