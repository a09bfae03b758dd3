// A responder of multicast DNS, run by Node inside a namespace: answers questions for one name, also those from ports that are not 5353 (RFC 6762 §6.7).
//   mdns.mjs INTERFACE_ADDRESS NAME ADDRESS            says {"ready"}

import { createSocket } from "node:dgram";

const [own, name, address] = process.argv.slice(2);
const GROUP = "224.0.0.251";
const PORT = 5353;
const encoded = Buffer.concat([
	...name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1")),
	Buffer.alloc(1),
]);

const socket = createSocket({ type: "udp4", reuseAddr: true });
socket.on("message", (query, { address: asker, port }) => {
	const question = query.subarray(12, 12 + encoded.length + 4);
	const same = question.subarray(0, encoded.length).toString("latin1").toLowerCase() === encoded.toString("latin1").toLowerCase();
	if (query.readUInt16BE(2) & 0x8000 || query.readUInt16BE(4) !== 1 || !same || question.readUInt16BE(encoded.length) !== 1)
		return;
	const answer = Buffer.alloc(12 + question.length + 16);
	query.copy(answer, 0, 0, 2);
	answer.writeUInt16BE(0x8400, 2);
	answer.writeUInt16BE(1, 4);
	answer.writeUInt16BE(1, 6);
	question.copy(answer, 12);
	const record = 12 + question.length;
	answer.writeUInt16BE(0xc00c, record);
	answer.writeUInt32BE(0x00010001, record + 2);
	answer.writeUInt32BE(10, record + 6);
	answer.writeUInt16BE(4, record + 10);
	for (const [i, byte] of address.split(".").entries()) answer[record + 12 + i] = Number(byte);
	socket.send(answer, port, asker);
});
socket.bind(PORT, () => {
	socket.addMembership(GROUP, own);
	socket.setMulticastTTL(255);
	process.stdout.write('{"ready":true}\n');
});
