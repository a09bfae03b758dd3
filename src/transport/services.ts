// Those above the transport who wait for time to pass.

import type { Interface, InterfaceAddress } from "../link/interface.ts";

// Had from here it is part of the core: of modules that have it from its own file one would bring another.
export { Clock } from "./clock.ts";

/** What stands above the transport and waits for time to pass: DHCP, DNS, ping. `stack.services` has it. */
export interface Service {
	/** Something was due; says what it waits for next by `core.deadline`, each time. */
	timers(now: number): void;
	/** Of multihome/domains: the interfaces whose servers know most of a name. */
	interfacesAbove?(name: string): readonly Interface[];
	/** Of multihome/dns-forwarder: whether stations of the interface may ask it. */
	servesNames?(link: Interface): boolean;
	/** Of multihome/dhcp6: the prefix that an address was made of, and for how long it is preferred and valid, s; undefined: it is not of one that was delegated to it. */
	delegated?(address: InterfaceAddress): { prefix: string; preferred: number; valid: number } | undefined;
}

/** Those of a stack. An array, as walking a Set makes an iterator whenever a timer of TCP runs. */
export class Services {
	readonly list: Service[] = [];

	add(service: Service): void {
		if (!this.list.includes(service)) this.list.push(service);
	}

	delete(service: Service): void {
		const index = this.list.indexOf(service);
		if (index >= 0) this.list.splice(index, 1);
	}

	/** From the last to the first, as one may leave while it is its turn. */
	timers(now: number): void {
		for (let i = this.list.length - 1; i >= 0; i--) this.list[i]?.timers(now);
	}
}
