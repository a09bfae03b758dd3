// The interpreter itself: it reads the language, and a script that is wrong in any one respect fails and says where.

import { describe, expect, it } from "vitest";
import { ScriptError } from "./lexer.ts";
import { parseScript } from "./parser.ts";
import { Runner } from "./runner.ts";
import type { TcpPacket } from "./script.ts";

/** A right script, line by line; the tests replace one line each. */
const LINES: Readonly<Record<string, string>> = {
	socket: "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
	bind: "+0 bind(3, ..., ...) = 0",
	listen: "+0 listen(3, 1) = 0",
	syn: "+0 < S 0:0(0) win 32792 <mss 1000>",
	synAck: "+0 > S. 0:0(0) ack 1 win 65535 <mss 1460>",
	ack: "+.01 < . 1:1(0) ack 1 win 257",
	accept: "+0 accept(3, ..., ...) = 4",
	request: "+.01 < P. 1:101(100) ack 1 win 1000",
	read: "+0 read(4, ..., 1000) = 100",
	write: '+.01 write(4, "hello", 5) = 5',
	answer: "+0 > P. 1:6(5) ack 101",
	acknowledged: "+.01 < . 101:101(0) ack 6 win 1000",
};

function run(changes: Readonly<Record<string, string>> = {}, more = ""): void {
	const lines = Object.entries(LINES).map(([name, line]) => changes[name] ?? line);
	new Runner(parseScript("test.pkt", [...lines, more].join("\n")), { strictEnd: true }).run();
}

describe("a script that is right", () => {
	it("runs", () => {
		expect(() => run()).not.toThrow();
	});

	it("may wait, take ranges, and let calls block", () => {
		run({}, "+.1 < P. 101:201(100) ack 6 win 1000\n+.03~+.05 > . 6:6(0) ack 201\n+0 read(4, ..., 1000) = 100");
		run({}, "+0...0.100 read(4, ..., 1000) = 100\n+.1 < P. 101:201(100) ack 6 win 1000\n* > . 6:6(0) ack 201");
	});

	it("may expect one packet where several segments go out", () => {
		run({}, "+0 < . 101:101(0) ack 6 win 9000\n+0 write(4, ..., 3000) = 3000\n+0 > P. 6:3006(3000) ack 101");
	});
});

describe("a script that is wrong in one respect", () => {
	it.each([
		["the flags", { synAck: "+0 > S 0:0(0) ack 1 win 65535 <mss 1460>" }, /test\.pkt:5: .*flags: expected S, got S\./],
		["the sequence number", { answer: "+0 > P. 2:7(5) ack 101" }, /test\.pkt:11: .*seq: expected 2, got 1/],
		["the length", { answer: "+0 > P. 1:5(4) ack 101" }, /test\.pkt:11: .*length: expected 4, got 5/],
		["the acknowledgment", { answer: "+0 > P. 1:6(5) ack 100" }, /test\.pkt:11: .*ack: expected 100, got 101/],
		["the window", { synAck: "+0 > S. 0:0(0) ack 1 win 65534 <mss 1460>" }, /test\.pkt:5: .*win: expected 65534, got 65535/],
		["an option", { synAck: "+0 > S. 0:0(0) ack 1 <mss 1461>" }, /test\.pkt:5: .*options: expected <mss 1461>, got <mss 1460>/],
		["a missing option", { synAck: "+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 7>" }, /test\.pkt:5: .*options/],
		["an unexpected option", { synAck: "+0 > S. 0:0(0) ack 1" }, /test\.pkt:5: .*options/],
		["the ports", { synAck: "+0 > 8081>33000 S. 0:0(0) ack 1 <...>" }, /test\.pkt:5: .*ports/],
		["the ttl", { synAck: "+0 > (ttl 63) S. 0:0(0) ack 1 <...>" }, /test\.pkt:5: .*ttl: expected 63, got 64/],
		["the ECN bits", { synAck: "+0 > [ect0] S. 0:0(0) ack 1 <...>" }, /test\.pkt:5: .*ECN/],
		["the protocol", { synAck: "+0 > udp (5)" }, /test\.pkt:5: .*protocol/],
		[
			"the time",
			{ answer: "+.1 > P. 1:6(5) ack 101" },
			/test\.pkt:11: timing error: .* at 0\.130000 sec but happened at 0\.030000/,
		],
		["the range", { answer: "+.01~+.02 > P. 1:6(5) ack 101" }, /test\.pkt:11: timing error/],
		["a result", { read: "+0 read(4, ..., 1000) = 99" }, /test\.pkt:9: read: expected 99/],
		[
			"an error that does not come",
			{ read: "+0 read(4, ..., 1000) = -1 ECONNRESET (Reset)" },
			/test\.pkt:9: read: expected -1 ECONNRESET, got 100/,
		],
		["the data that is read", { read: '+0 read(4, "a", 1000) = 100' }, /test\.pkt:9: read: byte 0 is 0, expected 97/],
		["a call that blocks", { read: "+0 read(4, ..., 1000) = 100\n+0 read(4, ..., 1) = 1" }, /test\.pkt:10: read blocks/],
		["a call that should block", { read: "+0...0.5 read(4, ..., 1000) = 100" }, /test\.pkt:9: read was expected to block/],
	] as const)("fails: %s", (_what, changes, message) => {
		expect(() => run(changes)).toThrow(message);
		expect(() => run(changes)).toThrow(ScriptError);
	});

	it("fails when a packet does not come, and shows the one that was expected", () => {
		expect(() => run({}, "+0 > . 6:6(0) ack 201")).toThrow(
			/test\.pkt:13: nothing was sent\n {2}script: 0\.040000 \. 6:6\(0\) ack 201/,
		);
	});

	it("fails when a packet comes that the script does not have", () => {
		expect(() => run({}, "+.1 < P. 101:201(100) ack 6 win 1000\n+.1 read(4, ..., 1000) = 100")).toThrow(/not in the script/);
	});

	it("fails when the stack sends other data than was written", () => {
		// The interpreter thinks that other bytes were written.
		const script = parseScript("test.pkt", Object.values(LINES).join("\n"));
		const runner = new Runner(script);
		const write = runner.stack.tcp.write.bind(runner.stack.tcp);
		runner.stack.tcp.write = (tcb, buffer, start, length) => {
			(buffer as Uint8Array)[2] = 0;
			return write(tcb, buffer, start, length);
		};
		expect(() => runner.run()).toThrow(/payload byte 2 of the stream: expected 108, got 0/);
	});

	it("fails when a checksum is wrong", () => {
		const runner = new Runner(parseScript("test.pkt", Object.values(LINES).join("\n")));
		const { device } = runner.stack.interfaces.find("eth0")!;
		const transmit = device.transmit.bind(device);
		device.transmit = (packet, at, end) => {
			const { view } = runner.stack.core;
			view.setUint8(end - 1, view.getUint8(end - 1) ^ 1);
			return transmit(packet, at, end);
		};
		expect(() => runner.run()).toThrow(/bad outbound packet: TCP checksum/);
	});
});

describe("the parser", () => {
	const packet = (line: string) => parseScript("p.pkt", `0 ${line}`).events[0]!.action as TcpPacket;

	it("reads packets with all there is", () => {
		expect(
			packet("< [ce] 5000>80 SEW. 10:30(20) ack 7 win 99 urg 3 <mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 2,sack 1:2 5:9,eol>"),
		).toEqual({
			type: "packet",
			protocol: "tcp",
			inbound: true,
			ip: { ecn: 3 },
			ports: [5000, 80],
			flags: 2 | 64 | 128 | 16,
			seq: 10,
			length: 20,
			ack: 7,
			window: 99,
			urgent: 3,
			options: [
				{ kind: "mss", value: 1460 },
				{ kind: "nop" },
				{ kind: "wscale", value: 7 },
				{ kind: "sackOK" },
				{ kind: "TS", value: 1, echo: 2 },
				{
					kind: "sack",
					blocks: [
						[1, 2],
						[5, 9],
					],
				},
				{ kind: "eol" },
			],
		});
		expect(packet("< - 1:1(0) win 5").flags).toBe(0);
		expect(packet("> . 1:1(0) ack 5 <...>").options).toBeUndefined();
		expect(packet("< icmp unreachable frag_needed mtu 600 [5:25(20)]")).toMatchObject({
			icmpType: 3,
			code: 4,
			mtu: 600,
			echoed: { protocol: "tcp", seq: 5, length: 20 },
		});
		expect(packet("> udp 1>2 (30)")).toMatchObject({ protocol: "udp", ports: [1, 2], length: 30 });
	});

	it("reads times, options, comments, commands and calls", () => {
		const script = parseScript(
			"p.pkt",
			`--tolerance_usecs=10000 // a comment
			--mtu=576
			/* another
			   comment */
			\`sysctl -q net.ipv4.tcp_sack=1\`
			0 \`sysctl -w x=1\`
			0.5~1.5 > . 1:1(0) ack 1
			+.1~+.2 > . 1:1(0) ack 1
			* > . 1:1(0) ack 1
			+0...0.5 poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 100) = 1
			+0 connect(3, {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("1.2.3.4")}, ...) = -1 EINPROGRESS (Operation now in progress)
			+0 %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%`,
		);
		expect([...script.options]).toEqual([
			["tolerance_usecs", "10000"],
			["mtu", "576"],
		]);
		expect(script.commands).toEqual(["sysctl -q net.ipv4.tcp_sack=1"]);
		expect(script.events.map(({ line, time }) => [line, time.kind, time.at, time.until])).toEqual([
			[6, "absolute", 0, 0],
			[7, "absolute", 500, 1500],
			[8, "relative", 100, 200],
			[9, "any", 0, 0],
			[10, "relative", 0, 0],
			[11, "relative", 0, 0],
			[12, "relative", 0, 0],
		]);
		expect(script.events[4]!.action).toMatchObject({ name: "poll", end: 500 });
		expect(script.events[5]!.action).toMatchObject({ name: "connect", errno: "EINPROGRESS" });
	});

	it.each([
		["0 < S 0:5(4) win 1", /p\.pkt:1: inconsistent TCP sequence numbers/],
		["0 < X 0:0(0) win 1", /TCP flag X is not known/],
		["* < S 0:0(0) win 1", /time \* is for outbound packets only/],
		["+1~+.5 > . 1:1(0) ack 1", /time range is backwards/],
		["0 > . 1:1(0) ack 1 <mss>", /expected int/],
		["0 < . 1:1(0) ack 1 <...>", /<\.\.\.> is for outbound packets only/],
		["\n\n0 listen(3 = 0", /p\.pkt:3: expected \)/],
		["0 ipv6 foo", /expected \(/],
		["", /no event/],
	])("refuses %j", (text, message) => {
		expect(() => parseScript("p.pkt", text)).toThrow(message);
	});
});

describe("the runner", () => {
	const runScript = (text: string) => new Runner(parseScript("r.pkt", text)).run();

	it.each([
		["0 `rm -rf /`", /r\.pkt:1: shell command "rm -rf \/" is not supported/],
		["`curl x`\n0 `sysctl a=1`", /shell command "curl x" is not supported/],
		["--ip_version=ipx\n0 `sysctl a=1`", /--ip_version=ipx is not supported/],
		["--frobnicate\n0 `sysctl a=1`", /option --frobnicate is not supported/],
		["0 mmap(...) = 0", /system call mmap is not supported/],
		["0 read(9, ..., 1) = 0", /file descriptor 9 is not open/],
		[
			"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n0 setsockopt(3, SOL_TCP, TCP_CORK, [1], 4) = 0",
			/socket option TCP_CORK is not supported/,
		],
		["1 `sysctl a=1`\n0 `sysctl a=1`", /r\.pkt:2: timing error/],
		["0 %{ assert tcpi_foo == 1 }%", /there is no connection/],
	])("refuses %j rather than passing over it", (text, message) => {
		expect(() => runScript(text)).toThrow(message);
	});
});
