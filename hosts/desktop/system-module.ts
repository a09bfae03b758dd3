// The module "system", which Moddable programs import so that `device` and `System` are there: they are, main.ts began with them.

export default (globalThis as { System?: unknown }).System;
