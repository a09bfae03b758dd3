// The scenario on XS: `multihome-xs app.js -- SEED STEPS`.

import { args, print } from "host/system";
import { scenario } from "./scenario.ts";

print(scenario(Number(args[0]), Number(args[1])));
