// Publishes a line every few seconds, and hears what others say to it.
//
//	mosquitto -v &
//	npm run simulate -- --app hosts/examples/mqtt-publish.ts
//	mosquitto_sub -t 'boards/#' -v ; mosquitto_pub -t boards/one/say -m 'good morning'

import Timer from "timer";
import { print } from "./common.ts";
import type { Device } from "./device.ts";
import { bytesOf, textOf } from "./http/text.ts";
import { MqttClient, type MqttOptions } from "./mqtt.ts";

// 192.168.77.1 is this computer, for a board of the desktop host.
/** Changed by --set NAME=VALUE. */
export const settings = Object.freeze({ host: "192.168.77.1", port: 1883, client: "one", everyMs: 5000 });

export default function publish(device: Device, options: MqttOptions & { everyMs: number } = settings): MqttClient {
	const topic = `boards/${options.client}`;
	const client = new MqttClient(device, {
		onConnected: () => print(`connected to ${options.host}`),
		onMessage: (from, payload) => print(`${from}: ${textOf(payload, 0, payload.length)}`),
		onDisconnected: (reason, ms) => print(`${options.host}: ${reason}; again in ${ms} ms`),
		...options,
	});
	client.subscribe(`${topic}/say`, 1);
	let count = 0;
	Timer.repeat(() => {
		// While there is no broker, old lines are no news.
		if (client.waiting === 0) client.publish(topic, bytesOf(`line ${++count}`), { qos: 1 });
	}, options.everyMs);
	return client;
}
