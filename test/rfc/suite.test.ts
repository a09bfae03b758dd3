// Whole suites: what is said of a script, and the language of published ones beyond what scripts/ uses.

import { describe, expect, it } from "vitest";
import { parseScript } from "./parser.ts";
import { settingsOf } from "./shell.ts";
import { judge, reasonOf, tally } from "./suite.ts";

const OPEN = `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 30000
+0 accept(3, ..., ...) = 4
`;

const verdictOf = (text: string, options = {}) => judge("s.pkt", text, options);

function passes(text: string, options = {}): void {
	const verdict = verdictOf(text, options);
	expect(verdict.kind === "letter" ? "" : reasonOf(verdict) + (verdict as { message: string }).message).toBe("");
}

describe("a verdict", () => {
	it("says to the letter, and what an RFC allows that the script does not", () => {
		const answer = "+0 write(4, ..., 100) = 100\n";
		passes(`${OPEN}${answer}+0 > P. 1:101(100) ack 1 win 65535`);
		const other = verdictOf(`${OPEN}${answer}+0 > . 1:101(100) ack 1 win 4000`);
		expect(other).toMatchObject({ kind: "allowed", needs: ["window", "push"] });
		expect(reasonOf(other)).toBe("allowed: window (RFC 9293 §3.8.6), push (RFC 9293 §3.9.1.2)");
		const late = verdictOf(`${OPEN}+0 < P. 1:11(10) ack 1 win 30000\n+.4 > . 1:1(0) ack 11`);
		expect(late).toMatchObject({ kind: "allowed", needs: ["delay"] });
		expect(verdictOf(`${OPEN}${answer}+0 > P. 2:102(100) ack 1`)).toMatchObject({ kind: "differs" });
		expect(verdictOf(`${OPEN}+0 splice(4, NULL, 5, NULL, 1, 0) = 1`)).toMatchObject({
			kind: "unsupported",
			feature: "system call splice",
		});
	});

	it("allows options in another order and with other padding, but no others", () => {
		const order = (options: string) => verdictOf(OPEN.replace("<...>", options));
		expect(order("<mss 1460>").kind).toBe("letter");
		expect(order("<nop,nop,mss 1460,eol,eol>")).toMatchObject({ kind: "allowed", needs: ["order"] });
		expect(order("<mss 1459>")).toMatchObject({ kind: "differs" });
		expect(order("<mss 1460,nop,nop,TS val 1 ecr 2>")).toMatchObject({ kind: "differs" });
	});

	it("says when a script wants what the stack has no setting for, unless it goes all the same", () => {
		const insecure = (text: string) =>
			verdictOf(`0 \`sysctl -w net.inet.tcp.insecure_rst=1\`\n${text.replace("0 socket", "+0 socket")}`);
		expect(insecure(OPEN).kind).toBe("letter");
		const wrong = `${OPEN}+0 > R. 1:1(0) ack 1`;
		expect(insecure(wrong)).toMatchObject({ kind: "unsupported", feature: "net.inet.tcp.insecure_rst=1" });
		expect(insecure(wrong).kind === verdictOf(wrong).kind).toBe(false);
	});

	it("allows an acknowledgment of the peer's FIN to repeat ours", () => {
		const closing = (answer: string) =>
			verdictOf(`${OPEN}+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.01 < F. 1:1(0) ack 1 win 30000\n+0 > ${answer}`);
		expect(closing(". 2:2(0) ack 2").kind).toBe("letter");
		expect(closing("F. 1:1(0) ack 2")).toMatchObject({ kind: "allowed", needs: ["fin"] });
		expect(closing("F. 1:1(0) ack 3").kind).toBe("differs");
	});

	it("says of what is no script that it cannot be read", () => {
		expect(verdictOf("s// a typing error\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3")).toMatchObject({ kind: "unsupported" });
	});

	it("counts by reason", () => {
		const verdicts = [OPEN, `${OPEN}+0 foo(1) = 0`, `${OPEN}+0 foo(2) = 0`, `${OPEN}+0 read(4, ..., 1) = 1`].map((text) =>
			verdictOf(text),
		);
		expect(tally(verdicts)).toEqual({
			letter: 1,
			allowed: 0,
			differs: 1,
			unsupported: 2,
			reasons: [
				["not supported: system call foo", 2],
				["differs: read blocks, but the script does not say so", 1],
			],
		});
	});
});

describe("the language of published scripts", () => {
	it("has lines for one system only, and words that stand for others", () => {
		const lines = `${OPEN}#ifdef STANDARD\n+0 write(4, "abc", LENGTH) = LENGTH\n#endif\n#ifdef FreeBSD\n+0 foo() = 0\n#else\n+0 > P. 1:4(LENGTH) ack 1\n#endif`;
		passes(lines, {
			defines: new Map([
				["STANDARD", ""],
				["LENGTH", "3"],
			]),
		});
		passes(`--define=LENGTH=3\n${lines.replace("#ifdef STANDARD", "").replace("#endif\n", "")}`);
	});

	it("asks the shell how many sockets are in a state", () => {
		const established = "+0 `sockstat -4 -P tcp -s -p 8080 | grep -c ESTABLISHED | grep 1`";
		passes(`${OPEN}${established}`);
		expect(verdictOf(`${OPEN}${established.replace("grep 1", "grep 2")}`)).toMatchObject({ kind: "differs" });
	});

	it("takes one eighth of the time that passes for inexact", () => {
		const idle = `${OPEN}+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
			+0 setsockopt(4, IPPROTO_TCP, TCP_KEEPIDLE, [10], 4) = 0\n`;
		const kinds = ["10", "11", "12"].map((time) => verdictOf(`${idle}+${time} > . 0:0(0) ack 1`).kind);
		expect(kinds).toEqual(["letter", "letter", "allowed"]);
	});

	it("writes and reads in pieces", () => {
		passes(`${OPEN}+0 writev(4, [{..., 10}, {..., 20}], 2) = 30
			+0 > P. 1:31(30) ack 1
			+.01 < P. 1:31(30) ack 31 win 30000
			+0 readv(4, [{..., 10}, {..., 10}], 2) = 20
			+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0}, 0) = 10
			+0 sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{"ab", 2}, {"c", 1}], msg_flags=0}, 0) = 3
			+0 > P. 31:34(3) ack 31`);
	});

	it("polls by epoll: levels, edges, and no more once it is taken out", () => {
		passes(`${OPEN}+0 epoll_create(1) = 5
			+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0
			+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
			+0 < P. 1:11(10) ack 1 win 30000
			+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
			+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
			+0 < P. 11:21(10) ack 1 win 30000
			+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
			+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = 0
			+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
			+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1
			+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, {events=0, fd=4}) = 0
			+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0
			+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLRDHUP, fd=4}) = 0
			+0 read(4, ..., 100) = 20
			+0...0.100 epoll_wait(5, {events=EPOLLIN|EPOLLRDHUP, fd=4}, 1, -1) = 1
			+.1 < F. 21:21(0) ack 1 win 30000
			* > . 1:1(0) ack 21
			* > . 1:1(0) ack 22`);
	});

	it("goes by IPv6, with its own codes of ICMP", () => {
		const six = { options: new Map([["ip_version", "ipv6"]]) };
		passes(OPEN.replace("<...>", "<mss 1440>"), six);
		passes(
			`0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
			+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
			+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
			+0 > (hlim 64) S 0:0(0) win 65535 <...>
			+.1 < icmp unreachable port_unreachable [0:0(0)]
			+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0`,
			six,
		);
		passes(
			`0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
			+0 connect(3, ..., ...) = 0
			+0 write(3, ..., 100) = 100
			+0 > udp (100)
			+.1 < udp (20)
			+0 read(3, ..., 100) = 20`,
			six,
		);
		passes(
			`0 \`sleep 0\`
			+0 < icmp echo_request id 7 [1:21(20)]
			+0 > icmp echo_reply id 7`,
			six,
		);
	});

	it("sets up what sysctls name: which options are offered, and how large buffers are", () => {
		const opens = (settings: string, syn: string) =>
			passes(
				`${settings}
				0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
				+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
				+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
				+0 > S 0:0(0) ${syn}`,
			);
		const sysctl = (name: string) => `\`sysctl -w net.inet.tcp.${name}\``;
		opens(sysctl("rfc1323=0"), "win 65535 <mss 1460,sackOK,eol,eol>");
		opens("0 " + sysctl("sack.enable=0"), "win 65535 <mss 1460,nop,wscale 0,nop,nop,TS val 5 ecr 0>");
		opens(`\`sysctl -q net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0\``, "win 65535 <mss 1460,nop,wscale 0>");
		opens(
			`\`sysctl -q net.ipv4.tcp_window_scaling=0 net.ipv4.tcp_rmem="4096 3000 3000"\``,
			"win 3000 <mss 1460,sackOK,TS val 5 ecr 0>",
		);
	});

	it("knows sizes that a shell makes products of, up to the largest buffer that there is", () => {
		const [small, large] = ["$((3*1000))", "$((32*1024*1024))"].map((most) =>
			settingsOf(parseScript("sizes", `\`sysctl -q net.ipv4.tcp_rmem="4096 3000 ${most}"\`\n${OPEN}`)),
		);
		expect(small).toMatchObject({ receiveBuffer: 3000, receiveCeiling: 3000 });
		expect(large).toMatchObject({ receiveBuffer: 3000, receiveCeiling: 1 << 24 });
	});

	it("cuts what comes in, where it is longer than a frame", () => {
		passes(
			`${OPEN}+0 < P. 1:3001(3000) ack 1 win 30000\n* > . 1:1(0) ack 2921\n* > . 1:1(0) ack 3001\n+0 read(4, ..., 4000) = 3000`,
		);
		passes(`--mss=1000\n${OPEN}+0 < P. 1:2001(2000) ack 1 win 30000\n+0 > . 1:1(0) ack 2001\n+0 read(4, ..., 4000) = 2000`);
	});

	it.each([
		["+0 < . 1:1(0) ack 1 win 9 <nop,nop,md5 valid>", "TCP MD5"],
		["+0 < . 1:1(0) ack 1 win 9/udp(1 > 9811)", "TCP over UDP"],
		["+0 > SA. 1:1(0) ack 1", "AccECN"],
		["+0 > . 1:1(0) ack 1 <ECN e1b 1 ceb 0 e0b 1,nop>", "AccECN"],
		["+0 < ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0) ack 1", "ipv4"],
		["+0 send(4, ..., 9, MSG_ZEROCOPY) = 9", "MSG_ZEROCOPY"],
		[
			"+0 `sysctl -q net.ipv4.tcp_fastopen=5`\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5\n+0 sendto(5, ..., 9, MSG_FASTOPEN, ..., ...) = 9",
			"Fast Open without cookies",
		],
		["+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0", "TCP_CORK"],
	])("refuses by name: %s", (line, feature) => {
		expect(verdictOf(`${OPEN}${line}`)).toMatchObject({ kind: "unsupported", feature });
	});
});
