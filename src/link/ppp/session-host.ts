// What a session needs of its interface.

/** Who is told: the interface. */
export interface SessionHost {
	/** IPv4 packets may pass, or those of IPv6. Answers why they cannot, or "". */
	linkUp(six: boolean): string;
	/** Those of that family may not any more; `gone`: the addresses go with them. */
	linkDown(six: boolean, gone: boolean): void;
	/** Phase or reason are others. */
	changed(): void;
}
