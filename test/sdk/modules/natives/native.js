// What the SDK's modules call where they would call C: functions of ours by the C function's name, behind the globals that the
// modules' declarations use, `native("xs_name")` and `Native("xs_destructor")`. Only what the tested modules reach is there.

import * as crypt from "sdk/natives/crypt";
import * as dns from "sdk/natives/dns";
import * as numbers from "sdk/natives/numbers";
import * as text from "sdk/natives/text";
import * as url from "sdk/natives/url";
import * as x509 from "sdk/natives/x509";

const functions = { ...crypt, ...dns, ...numbers, ...text, ...url, ...x509 };

globalThis.native = (name) => {
	const found = functions[name];
	if (found === undefined)
		throw new ReferenceError(`native function ${name}: there is no stand-in for it in test/sdk/modules/natives`);
	return found;
};

// Memory in C goes with the object: here there is none.
globalThis.Native = () => function () {};
