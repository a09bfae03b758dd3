// Whether an Ethernet interface has IPv6, as programs say it while it runs: `configure({ ipv6 })`.

import { describe, expect, it } from "vitest";
import { useAutoconfiguration, type Autoconfigure } from "../../../../src/io/current.ts";
import { createIO } from "../../../../src/io/io.ts";
import { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import { Autoconfiguration, type AutoconfigurationOptions } from "../../../../src/modules/ipv6.ts";
import { EthernetSocket } from "../../../../src/service/network/ethernet.ts";
import { SLIPSocket } from "../../../../src/service/network/slip.ts";
import type { ConfigureOptions } from "../../../../src/service/network/types.ts";
import { SerialLine } from "../../../../src/device/serial-line.ts";
import { EthernetInterface } from "../../../../src/link/ethernet.ts";
import { SlipInterface } from "../../../../src/link/slip.ts";
import { linkOption, prefixOption, ra, RS } from "../../../support/frames6.ts";
import { NullModem } from "../../../support/null-modem.ts";
import { Station6 } from "../../../support/station6.ts";
import { macOf } from "../../../support/wire.ts";

function made(options?: AutoconfigurationOptions) {
	const s = new Station6([]);
	const { stack } = s.node;
	if (options !== undefined) void new Autoconfiguration(stack, "eth0", options);
	s.world.run(4000);
	const eth = new EthernetSocket(stack, { port: "eth0" });
	const addresses = () => s.link.addresses.map(({ address }) => address.replace(/^(fe80::|2001:db8:5:).*/, "$1"));
	const prefixes = () => stack.routes.list.filter(({ link }) => link === s.link).map(({ prefix }) => prefix);
	const advertise = () => {
		const options = [...linkOption(1, macOf(0x1001)), ...prefixOption("2001:db8:5::")];
		s.ip(ra({ source: "fe80::1", destination: "ff02::1", lifetime: 1800 }, options));
		s.world.run(4000);
	};
	const asked = () => s.packets(true).filter(({ payload }) => payload[0] === RS).length;
	return { s, stack, eth, addresses, prefixes, advertise, asked };
}

describe("an Ethernet that is told of IPv6", () => {
	it("begins with it, hears no routers any more, and ends it, with all addresses and routes", () => {
		const { s, eth, addresses, prefixes, advertise, asked } = made();
		s.link.addAddress("10.0.0.1/24");
		expect(addresses()).toEqual(["10.0.0.1"]);
		eth.configure({ ipv6: "auto" });
		s.world.run(4000);
		expect(asked()).toBe(1);
		advertise();
		expect(addresses()).toEqual(["10.0.0.1", "fe80::", "2001:db8:5:"]);
		expect(prefixes()).toContain("::/0");
		eth.configure({ ipv6: "static" });
		expect(addresses()).toEqual(["10.0.0.1", "fe80::"]);
		expect(prefixes()).not.toContain("::/0");
		advertise();
		expect(addresses()).toEqual(["10.0.0.1", "fe80::"]);
		eth.configure({ static: { addresses: ["2001:db8:9::2/64"], gateway: "fe80::9" } });
		expect(addresses()).toEqual(["10.0.0.1", "fe80::", "2001:db8:9::2"]);
		eth.configure({ ipv6: "off" });
		expect(addresses()).toEqual(["10.0.0.1"]);
		expect(prefixes()).toEqual(["10.0.0.0/24"]);
		advertise();
		s.device.linkUp = false;
		s.device.host!.notify();
		s.world.run(100);
		s.device.linkUp = true;
		s.device.host!.notify();
		s.world.run(4000);
		expect([addresses(), asked()]).toEqual([["10.0.0.1"], 0]);
		eth.configure({ ipv6: "auto" });
		s.world.run(4000);
		expect([addresses(), asked()]).toEqual([["10.0.0.1", "fe80::"], 1]);
	});

	it("has the addresses that it was given once more when it is on again, and asks routers", () => {
		const { s, eth, addresses, asked } = made({ mode: "static", addresses: ["2001:db8:7::7/64"] });
		expect([addresses(), asked()]).toEqual([["fe80::", "2001:db8:7::7"], 0]);
		eth.configure({ ipv6: "auto" });
		s.world.run(1000);
		expect([addresses(), asked()]).toEqual([["fe80::", "2001:db8:7::7"], 1]);
		eth.configure({ ipv6: "off" });
		eth.configure({ ipv6: "off" });
		expect(addresses()).toEqual([]);
		eth.configure({ ipv6: "static" });
		s.world.run(5000);
		expect([addresses(), asked()]).toEqual([["fe80::", "2001:db8:7::7"], 0]);
		expect(s.link.ip.discovery!.mode).toBe("static");
	});

	it("stays as it is where it is not told, and may have temporary addresses at once", () => {
		const { s, eth, addresses, advertise } = made();
		expect(() => eth.configure({ temporary: true })).toThrow("temporary true of eth0: it hears no routers");
		eth.configure({ static: { address: "10.0.0.1", prefix: 24 } });
		s.world.run(4000);
		expect(addresses()).toEqual(["10.0.0.1"]);
		expect(() => eth.configure({ ipv6: "off", temporary: true })).toThrow("temporary true of eth0: it hears no routers");
		eth.configure({ ipv6: "auto", temporary: true });
		s.world.run(4000);
		advertise();
		expect(addresses().length).toBe(4);
	});

	it.each([
		[{ ipv6: "on" }, 'ipv6 "on" of eth0: expected "auto", "static" or "off"'],
		[{ ipv6: true }, 'ipv6 true: expected "auto", "static" or "off"'],
		[
			{ ipv6: "off", static: { addresses: ["10.0.0.1/24", "fd00::1/64"] } },
			'address "fd00::1": ipv6 is "off"; remove one of both',
		],
	])("throws what is wrong with %j, and stays as it is", (options, message) => {
		const { eth, addresses } = made({});
		expect(() => eth.configure(options as ConfigureOptions)).toThrow(message);
		expect(addresses()).toEqual(["fe80::"]);
	});

	it("says what puts IPv6 in where there is none, and that SLIP hears no routers", () => {
		const { s, eth, stack, addresses } = made();
		const make: Autoconfigure = (...what) => void new Autoconfiguration(what[0], what[1], { mode: what[2] });
		useAutoconfiguration(undefined as unknown as Autoconfigure);
		try {
			expect(() => eth.configure({ ipv6: "auto" })).toThrow('ipv6 "auto" of eth0: there is no IPv6; it comes with import');
			eth.configure({ ipv6: "off" });
		} finally {
			useAutoconfiguration(make);
		}
		expect(addresses()).toEqual([]);
		const line = new NullModem(s.world.clock, s.world.prng.fork());
		stack.interfaces.add(new SlipInterface("sl0", new SerialLine(line.a)));
		const slip = new SLIPSocket(stack, { port: "sl0" });
		expect(() => slip.configure({ ipv6: "auto" })).toThrow('ipv6 "auto" of sl0: is slip, on which no routers are heard');
	});

	it("is refused where packets are too short", () => {
		const { s, stack } = made();
		stack.interfaces.add(new EthernetInterface("eth1", s.world.device({ mac: macOf(2) }), { mtu: 1279 }));
		const eth1 = new EthernetSocket(stack, { port: "eth1" });
		expect(() => eth1.configure({ ipv6: "auto" })).toThrow("IPv6 on eth1: mtu 1279: expected 1280 or more");
	});
});

describe("a connection that is opened at power-on", () => {
	it("waits for the address of its own family: one of IPv6 is there before DHCP's", () => {
		const { s, stack, advertise } = made({});
		void new DhcpClient(stack, "eth0");
		advertise();
		expect(s.link.ip.serving?.address).toMatch(/^2001:db8:5:/);
		const { TCP } = createIO(stack);
		const heard: string[] = [];
		const open = (address: string) =>
			new TCP({
				address,
				port: 80,
				onError() {
					heard.push(`${address} ${this.error}`);
				},
			});
		open("10.9.0.1");
		s.world.run(100);
		expect(heard).toEqual([]);
	});

	it("of IPv6 waits for a router, but not where none is heard", () => {
		const open = (mode: "auto" | "static" | "off") => {
			const { s, stack } = made(mode === "off" ? undefined : { mode });
			s.link.addAddress("10.0.0.1/24");
			const { TCP } = createIO(stack);
			return () => new TCP({ address: "2001:db8:9::9", port: 80 });
		};
		open("auto")();
		expect(open("static")).toThrow("no route to the host");
		expect(open("off")).toThrow("no route to the host");
	});
});
