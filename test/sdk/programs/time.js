// manifests: examples/io/udp/dns/manifest_dns.json examples/io/udp/ntp/manifest_ntp.json examples/io/udp/sntp/manifest_sntp.json
// module: sdk/resolver examples/io/udp/dns/dns.js
// The SDK's NTP client with its own configuration, its SNTP module, and both resolvers: the SDK's, and ours behind the name that the SDK's has.

import "ntp/config";
import UDP from "embedded:io/socket/udp";
import SDKResolver from "sdk/resolver";
import SNTP from "network/sntp";

const { dns } = device.network.ntp.client;
// What System.resolve asks, as SNTP does.
globalThis.device = { ...device, network: { ...device.network, dns } };

export default function () {
	const ntp = new device.network.ntp.client.io({ ...device.network.ntp.client });
	ntp.getTime((error, time) => {
		trace(`ntp ${error} ${time} ${time - Date.now()}\n`);
		ntp.close();
	});
	new SNTP({
		host: "time.test",
		onTime: (time) => trace(`sntp ${time} ${time - Date.now()}\n`),
		onError: () => trace("sntp error\n"),
	});
	const resolvers = { ours: new dns.io(dns), theirs: new SDKResolver({ servers: dns.servers, socket: { io: UDP } }) };
	for (const [whose, resolver] of Object.entries(resolvers))
		for (const host of ["web.test", "nowhere.test", "10.1.2.3"])
			resolver.resolve({
				host,
				onResolved: (name, address) => trace(`${whose}: ${name} is ${address}\n`),
				onError: () => trace(`${whose}: ${host} is nowhere\n`),
			});
}
