// PAP, RFC 1334 §2: name and password as they are.

import { Authenticator, equal, printable, REPEAT_MS, REPEATS, utf8, type Accounts, type AuthLink } from "./auth.ts";
import { join } from "./crypto/blocks.ts";
import { PAP } from "./packets.ts";

const REQUEST = 1;
const ACK = 2;
const NAK = 3;

/** Octets behind one octet with their number. */
function counted(bytes: Uint8Array): Uint8Array {
	return join(new Uint8Array([bytes.length]), bytes);
}

/** Tells the peer who we are. */
export class PapClient extends Authenticator {
	#request: Uint8Array;
	#id = 0;

	constructor(link: AuthLink, user: string, password: string) {
		super(PAP, link);
		this.#request = join(counted(utf8(user)), counted(utf8(password)));
	}

	override start(): void {
		if (!this.again()) return this.fail("pap: the peer does not answer");
		this.#id = (this.#id + 1) & 0xff;
		this.send(REQUEST, this.#id, this.#request);
	}

	protected override expired(): void {
		this.start();
	}

	protected override packet(code: number, _id: number, at: number, end: number): boolean {
		// Whichever request of ours it answers: they were all the same.
		if (this.done || this.#id === 0) return true;
		if (code === ACK) this.succeed("");
		else if (code === NAK) {
			const length = at < end ? this.view.getUint8(at) : 0;
			const text = length < end - at ? printable(this.bytes(at + 1, at + 1 + length)) : "";
			this.fail(`pap: the peer refuses our name and password${text === "" ? "" : `: ${text}`}`);
		} else return code === REQUEST;
		return true;
	}
}

/** Asks the peer who it is. */
export class PapServer extends Authenticator {
	#accounts: Accounts;

	constructor(link: AuthLink, accounts: Accounts) {
		super(PAP, link);
		this.#accounts = accounts;
	}

	/** The peer begins. */
	override start(): void {
		this.wait(REPEAT_MS * REPEATS);
	}

	protected override expired(): void {
		this.fail("pap: the peer does not say who it is");
	}

	protected override packet(code: number, id: number, at: number, end: number): boolean {
		if (code !== REQUEST) return code === ACK || code === NAK;
		const nameEnd = at < end ? at + 1 + this.view.getUint8(at) : end;
		if (nameEnd >= end) return false;
		const passwordEnd = nameEnd + 1 + this.view.getUint8(nameEnd);
		if (passwordEnd > end) return false;
		const name = this.bytes(at + 1, nameEnd);
		const password = this.#accounts.password(name);
		// A request that comes again because our answer was lost gets the same answer: RFC 1334 §2.2.2.
		if (password !== undefined && equal(utf8(password), this.bytes(nameEnd + 1, passwordEnd))) {
			this.send(ACK, id, new Uint8Array(1));
			this.succeed(printable(name));
		} else {
			this.send(NAK, id, counted(utf8("wrong name or password")));
			this.fail(`pap: wrong name or password from "${printable(name)}"`);
		}
		return true;
	}
}
