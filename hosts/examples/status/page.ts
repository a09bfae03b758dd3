// The reference brings a declaration of a module, which no import does.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./virtual.d.ts" />
// The page, page.html, as bytes.

import text from "virtual:page";
import { bytesOf } from "../http/text.ts";

/** Made when a firmware is linked, it stays in flash, and is sent from there. (A frozen object alone would have its bytes changed: the second argument is XS's.) */
export const PAGE = (Object.freeze as <T>(value: T, deep: boolean) => T)(bytesOf(text), true);
