// Before each file of tests on Node: the table of devices is empty and the imported classes have no stack, as where each file has a context of its own. What stays is the way in which names that end in
// .local are looked up (src/service/dns/lookup.ts): mdns.ts says so when it is loaded, which happens once for all files.

import { PLACES, deviceRemove } from "../../src/device/kernels/devices.ts";
import { useStack } from "../../src/io/current.ts";

for (let number = 1; number <= PLACES; number++) deviceRemove(number);
useStack(undefined as never);
