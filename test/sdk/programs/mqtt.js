// manifests: examples/io/tcp/mqtt/manifest_mqtt.json
// The SDK's MQTT client with its own configuration: what it hears on in/… it publishes on out/…, with the same quality of service.

import "mqttclient/config";
import { Client } from "mqtt/js";
import { pattern } from "./checksum.js";

const MQTTClient = device.network.mqtt.io;

/** The client as ECMA-419 has it. */
function plain() {
	const client = new MQTTClient({
		...device.network.mqtt,
		host: "broker.test",
		id: "board",
		keepAlive: 60_000,
		onControl({ operation, id, payload }) {
			if (operation === MQTTClient.CONNACK)
				this.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "in/+", QoS: 1 }] });
			if (operation === MQTTClient.SUBACK) trace(`subscribed ${payload?.[0]}\n`);
			if (operation === MQTTClient.PUBACK) trace(`acknowledged ${id}\n`);
		},
		onReadable(count, { topic, QoS, more }) {
			this.heard = (this.heard ?? new ArrayBuffer(0)).concat(this.read(count));
			if (topic !== undefined) this.topic = { topic: topic.replace("in/", "out/"), QoS };
			if (more) return;
			const { heard } = this;
			this.heard = undefined;
			this.write(heard, { ...this.topic, id: this.topic.QoS ? 77 : undefined });
		},
		onError() {
			trace("error\n");
		},
	});
	return client;
}

/** The client that looks like MQTT.js, with a message larger than the socket's buffers. */
function popular() {
	const client = new Client("mqtt://broker.test", { clientId: "large" });
	client.on("connect", () => {
		client.publish("large", pattern(20_000).buffer, { qos: 1 }, () => trace("large is published\n"));
	});
}

export default function () {
	plain();
	popular();
}
