// `device.network.platform`: options for the SDK's clients over the platform's own network, lwIP, as device.network has them over this stack (../../network.ts).

import { importNow } from "multihome/machine";
import Listener from "platform/listener";
import Resolver from "platform/resolver";
import TCP from "platform/tcp";
import UDP from "platform/udp";

const client = (name, options) => Object.defineProperty(options, "io", { get: () => importNow(name), enumerable: true });

const tcp = { io: TCP };
const udp = { io: UDP };
const dns = { io: Resolver };
const tls = client("embedded:io/socket/tcp/tls", { TCP: tcp });

export default Object.freeze(
	{
		tcp,
		udp,
		listener: { io: Listener },
		dns,
		http: client("embedded:network/http/client", { dns, socket: tcp }),
		https: client("embedded:network/http/client", { dns, port: 443, socket: tls }),
		ws: client("embedded:network/websocket/client", { dns, socket: tcp }),
		wss: client("embedded:network/websocket/client", { dns, socket: tls }),
		mqtt: client("embedded:network/mqtt/client", { dns, socket: tcp }),
		mqtts: client("embedded:network/mqtt/client", { dns, socket: tls }),
	},
	true,
);
