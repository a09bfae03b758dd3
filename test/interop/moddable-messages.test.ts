// The Moddable SDK's WebSocket, MQTT, NTP, SNTP and DNS over our sockets, against ws, mosquitto, chrony and dnsmasq.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checksum, pattern } from "../sdk/peers/checksum.mjs";
import { BOARD, Neighbourhood, PEER, describeWithSdk, until } from "./support/moddable.ts";
import { report } from "./support/setup.ts";

const client = fileURLToPath(new URL("../sdk/peers/websocket-client.mjs", import.meta.url));

describeWithSdk(["mosquitto", "mosquitto_pub", "chronyd"], "the Moddable SDK's WebSocket, MQTT and time", () => {
	let place: Neighbourhood;
	beforeEach(async () => {
		place = await Neighbourhood.create();
	});
	afterEach(() => place.close());

	it("WebSocket sends text, bytes and 100,000 bytes to ws, hears them back, and closes", async () => {
		await place.web();
		await place.run("websocket-client.js");
		await place.heard(/^closed .*\n/m);
		const heard = place.lines().filter((line) => /^(text|binary|closed|error)/.test(line));
		const binary = [3, 126, 100_000].map((count) => `binary ${checksum(pattern(count))}`);
		expect(heard).toEqual(['text "grüß dich"', ...binary, 'text "last"', "closed 1000"]);
		expect(await place.end()).toBe("");
	});

	it("httpserver hands three clients of ws over to WebSocket, which gives back what they say", async () => {
		await place.run("websocket-server.js");
		const results = await Promise.all(
			[1, 2, 3].map(() => place.namespace.exec(process.execPath, [client, `ws://${BOARD}/`], { timeoutMs: 30_000 })),
		);
		for (const { status, stdout, stderr } of results)
			expect([status, stdout, stderr]).toEqual([0, "all came back\nclosed 1005\n", ""]);
		// RFC 6455 §7.1.5: 1005 stands for no code; the SDK tells 0.
		expect(place.lines().filter((line) => line === "closed 0")).toHaveLength(3);
		expect(await place.end()).toBe("");
	});

	it("MQTT publishes and hears with QoS 0 and 1, and 20,000 bytes in one message", async () => {
		const configuration = join(place.folder, "mosquitto.conf");
		writeFileSync(configuration, `listener 1883 ${PEER}\nallow_anonymous true\nuser root\npersistence false\n`);
		const broker = place.start("mosquitto", ["-v", "-c", configuration]);
		await until(() => broker.said().includes("running"), broker.said);
		const listen = (topic: string, ...more: string[]) =>
			place.start("stdbuf", ["-oL", "mosquitto_sub", "-h", PEER, "-q", "1", "-W", "30", ...more, "-t", topic]);
		const small = listen("out/+", "-F", "%t %q %p");
		const large = listen("large", "-C", "1", "-F", "%x");
		await until(() => broker.said().match(/Sending SUBACK/g)?.length === 2, broker.said);

		await place.run("mqtt.js");
		await place.heard(/^subscribed 1\n/m);
		const publish = (topic: string, qos: string, message: string) =>
			place.namespace.exec("mosquitto_pub", ["-h", PEER, "-q", qos, "-t", topic, "-m", message]);
		const long = "0123456789".repeat(2000);
		expect(await publish("in/none", "0", "grüß dich")).toMatchObject({ status: 0 });
		expect(await publish("in/one", "1", "at least once")).toMatchObject({ status: 0 });
		expect(await publish("in/long", "0", long.slice(0, 5000))).toMatchObject({ status: 0 });
		const answers = ["out/none 0 grüß dich", "out/one 1 at least once", `out/long 0 ${long.slice(0, 5000)}`];
		for (const line of answers)
			await until(
				() => small.said().includes(`${line}\n`),
				() => `no ${line.slice(0, 60)} but ${small.said()}`,
			);
		await place.heard(/^acknowledged 77\n/m);
		await place.heard(/^large is published\n/m);
		const hex = await until(() => /^[0-9a-f]{40000}$/m.exec(large.said())?.[0], large.said);
		expect(hex).toBe(pattern(20_000).toString("hex"));
		// The broker's word for what arrived with which quality of service.
		expect(broker.said()).toMatch(/Received PUBLISH from board \(d0, q1, r0, m77, 'out\/one', \.\.\. \(13 bytes\)\)/);
		expect(broker.said()).toMatch(/Received PUBACK from board/);
		expect(await place.end()).toBe("");
	});

	it("NTP and SNTP tell chrony's time, and both resolvers the names of dnsmasq", async () => {
		const configuration = join(place.folder, "chrony.conf");
		const where = `bindaddress ${PEER}\ncmdport 0\npidfile ${place.folder}/pid\nbindcmdaddress /\n`;
		writeFileSync(configuration, `local stratum 1\nallow all\n${where}`);
		const clock = place.start("chronyd", ["-d", "-x", "-u", "root", "-f", configuration]);
		await until(() => clock.said().includes("starting"), clock.said);
		await place.run("time.js");
		const [, ntp, ntpOff] = await place.heard(/^ntp null (\d+) (-?\d+)\n/m);
		const [, sntp, sntpOff] = await place.heard(/^sntp (\d+) (-?\d+)\n/m);
		// Both hand on whole seconds.
		for (const time of [ntp, sntp]) expect(Number(time) % 1000).toBe(0);
		for (const off of [ntpOff, sntpOff]) expect(Math.abs(Number(off))).toBeLessThanOrEqual(1000);
		report(`NTP and SNTP differ from this computer's clock by ${ntpOff} and ${sntpOff} ms`);
		for (const whose of ["ours", "theirs"])
			for (const line of ["nowhere.test is nowhere", `web.test is ${PEER}`, "10.1.2.3 is 10.1.2.3"])
				await place.heard(new RegExp(`^${whose}: ${line}\n`, "m"));
		expect(await place.end()).toBe("");
	});
});
