/*
 * lwIP at the other end of a board's serial line: pings it, sends to it and reads from it by TCP, serves it, and says what came of that.
 *
 *     lwip-peer TTY client|server|slip OUR-ADDRESS BOARD-ADDRESS BYTES none|pap|chap|mschap2
 *
 * client: PPP, the board gives us our address (0.0.0.0 for ours); server: PPP, we give the board its address, and ask who it is, if anything.
 * Standard output: one JSON object a line, with the events up, ping, get, sink, fetched (all three at once), done, end. SIGTERM ends the link; so may the board.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lwip/icmp.h"
#include "lwip/inet_chksum.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/raw.h"
#include "lwip/sio.h"
#include "lwip/stats.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ppp/pppos.h"
#include "netif/slipif.h"

#define USER "anna"
#define PASSWORD "geheim"
#define PINGS 5
#define PING_MS 20
#define PING_BYTES 56
#define GONE_MS 8000 /* more than lwIP waits after a Terminate-Request */
#define PERIOD 251 /* byte i of every stream is i modulo this */
#define CHARGEN_PORT 19
#define CONTROL_PORT 9999 /* test/interop/apps/fetch.ts */

static int tty;
static ppp_pcb *ppp;
static struct netif interface;
static ip_addr_t board;
static unsigned long bytes;
static u32_t started;
static volatile sig_atomic_t asked_to_end;
static int ended;

/* ---- the line ---- */

/* What the line has not taken yet. Far more than all windows together. */
static u8_t waiting[1 << 20];
static size_t waiting_from, waiting_to;

static void flush(void)
{
	while (waiting_from < waiting_to) {
		ssize_t written = write(tty, waiting + waiting_from, waiting_to - waiting_from);
		if (written <= 0)
			return;
		waiting_from += written;
	}
	waiting_from = waiting_to = 0;
}

static u32_t send_bytes(ppp_pcb *pcb, u8_t *data, u32_t length, void *context)
{
	(void)pcb, (void)context;
	if (waiting_to + length > sizeof waiting) {
		memmove(waiting, waiting + waiting_from, waiting_to - waiting_from);
		waiting_to -= waiting_from;
		waiting_from = 0;
	}
	if (waiting_to + length > sizeof waiting)
		return 0;
	memcpy(waiting + waiting_to, data, length);
	waiting_to += length;
	return length;
}

/* slipif's side of it. */
sio_fd_t sio_open(u8_t number)
{
	(void)number;
	return &tty;
}

void sio_send(u8_t byte, sio_fd_t line)
{
	send_bytes(NULL, &byte, 1, line);
}

u32_t sio_tryread(sio_fd_t line, u8_t *data, u32_t length)
{
	(void)line;
	ssize_t got = read(tty, data, length);
	return got > 0 ? got : 0;
}

u32_t sys_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

u32_t sys_jiffies(void)
{
	return sys_now();
}

/* ---- what was asked of the board ---- */

static int unfinished;

static void finished(void)
{
	if (--unfinished == 0)
		printf("{\"event\":\"done\"}\n");
}

/* One connection: what goes out, and what comes in. */
struct stream {
	const char *event;
	char request[200];
	size_t request_sent;
	unsigned long to_send, sent;
	int close_when_sent, closed;
	/* Of the answer: its head ends at CR LF CR LF. */
	int head_matched;
	unsigned long got, wrong;
	char text[200];
	u32_t began;
};

static void push(struct stream *stream, struct tcp_pcb *pcb)
{
	static u8_t pattern[PERIOD + TCP_MSS];
	if (pattern[1] == 0)
		for (size_t i = 0; i < sizeof pattern; i++)
			pattern[i] = i % PERIOD;
	size_t length = strlen(stream->request);
	if (stream->request_sent < length) {
		if (tcp_write(pcb, stream->request, length, TCP_WRITE_FLAG_COPY) != ERR_OK)
			return;
		stream->request_sent = length;
	}
	while (stream->sent < stream->to_send) {
		unsigned long part = stream->to_send - stream->sent;
		if (part > TCP_MSS)
			part = TCP_MSS;
		if (part > tcp_sndbuf(pcb))
			part = tcp_sndbuf(pcb);
		if (part == 0 || tcp_write(pcb, pattern + stream->sent % PERIOD, part, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		stream->sent += part;
	}
	tcp_output(pcb);
	if (stream->close_when_sent && !stream->closed && stream->sent == stream->to_send)
		stream->closed = tcp_close(pcb) == ERR_OK;
}

static void result(struct stream *stream, const char *error)
{
	printf("{\"event\":\"%s\",\"sent\":%lu,\"got\":%lu,\"wrong\":%lu,\"ms\":%u,\"error\":\"%s\",\"answer\":%s}\n", stream->event,
		stream->sent, stream->got, stream->wrong, (unsigned)(sys_now() - stream->began), error,
		stream->text[0] == '{' ? stream->text : "null");
	free(stream);
	finished();
}

static void take(struct stream *stream, u8_t byte)
{
	static const char end_of_head[] = "\r\n\r\n";
	if (stream->head_matched < 4) {
		stream->head_matched = byte == end_of_head[stream->head_matched] ? stream->head_matched + 1 : byte == '\r';
		return;
	}
	if (stream->got < sizeof stream->text - 1)
		stream->text[stream->got] = byte == '\n' ? ' ' : byte;
	if (byte != stream->got % PERIOD)
		stream->wrong++;
	stream->got++;
}

static err_t on_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	struct stream *stream = context;
	(void)error;
	if (data == NULL) {
		tcp_arg(pcb, NULL);
		tcp_recv(pcb, NULL);
		tcp_sent(pcb, NULL);
		tcp_err(pcb, NULL);
		result(stream, "");
		tcp_close(pcb);
		return ERR_OK;
	}
	for (struct pbuf *part = data; part != NULL; part = part->next)
		for (u16_t i = 0; i < part->len; i++)
			take(stream, ((u8_t *)part->payload)[i]);
	tcp_recved(pcb, data->tot_len);
	pbuf_free(data);
	return ERR_OK;
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t length)
{
	(void)length;
	push(context, pcb);
	return ERR_OK;
}

static void on_error(void *context, err_t error)
{
	char text[20];
	snprintf(text, sizeof text, "lwIP says %d", error); /* lwip/err.h */
	result(context, text);
}

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)error;
	push(context, pcb);
	return ERR_OK;
}

static struct stream *new_stream(const char *event, struct tcp_pcb *pcb)
{
	struct stream *stream = calloc(1, sizeof *stream);
	stream->event = event;
	stream->began = sys_now();
	tcp_arg(pcb, stream);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	return stream;
}

static void request(const char *event, const char *line, unsigned long to_send)
{
	struct tcp_pcb *pcb = tcp_new();
	struct stream *stream = new_stream(event, pcb);
	stream->to_send = to_send;
	snprintf(stream->request, sizeof stream->request,
		"%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %lu\r\n\r\n", line, ipaddr_ntoa(&board), to_send);
	unfinished++;
	tcp_connect(pcb, &board, 80, on_connected);
}

/* chargen: so many bytes to each who connects. What the board found is in its answer to the datagram, and that is the result. */
static struct stream serving;

static void on_served_error(void *context, err_t error)
{
	(void)context, (void)error;
}

static err_t on_served_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	(void)context, (void)error;
	if (data != NULL) {
		tcp_recved(pcb, data->tot_len);
		pbuf_free(data);
	}
	return ERR_OK;
}

static err_t on_accepted(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)context, (void)error;
	serving.to_send = bytes;
	serving.close_when_sent = 1;
	tcp_arg(pcb, &serving);
	tcp_recv(pcb, on_served_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_served_error);
	push(&serving, pcb);
	return ERR_OK;
}

static void on_answer(void *context, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from, u16_t port)
{
	(void)context, (void)pcb, (void)from, (void)port;
	char text[200];
	text[pbuf_copy_partial(data, text, sizeof text - 1, 0)] = 0;
	printf("{\"event\":\"fetched\",\"ms\":%u,\"error\":\"%s\",\"answer\":%s}\n", (unsigned)(sys_now() - serving.began),
		text[0] == '{' ? "" : text, text[0] == '{' ? text : "null");
	pbuf_free(data);
	finished();
}

static void serve_the_board(void)
{
	struct tcp_pcb *listener = tcp_new();
	tcp_bind(listener, IP_ADDR_ANY, CHARGEN_PORT);
	tcp_accept(tcp_listen(listener), on_accepted);
	serving.began = sys_now();
	char order[40];
	int length = snprintf(order, sizeof order, "%s %d", ip4addr_ntoa(netif_ip4_addr(&interface)), CHARGEN_PORT);
	struct udp_pcb *control = udp_new();
	udp_recv(control, on_answer, NULL);
	struct pbuf *datagram = pbuf_alloc(PBUF_TRANSPORT, length, PBUF_RAM);
	pbuf_take(datagram, order, length);
	unfinished++;
	udp_sendto(control, datagram, &board, CONTROL_PORT);
	pbuf_free(datagram);
}

/* ---- ping ---- */

static int pings_sent, pings_answered;

static void transfers(void)
{
	char line[40];
	snprintf(line, sizeof line, "GET /bytes/%lu", bytes);
	request("get", line, 0);
	request("sink", "POST /sink", bytes);
	serve_the_board();
}

static u8_t on_icmp(void *context, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
	(void)context, (void)pcb;
	struct icmp_echo_hdr header;
	u8_t data[PING_BYTES];
	if (pbuf_copy_partial(packet, &header, sizeof header, IP_HLEN) != sizeof header || ICMPH_TYPE(&header) != ICMP_ER)
		return 0;
	int right = ip_addr_cmp(from, &board) && packet->tot_len == IP_HLEN + sizeof header + PING_BYTES &&
		pbuf_copy_partial(packet, data, PING_BYTES, IP_HLEN + sizeof header) == PING_BYTES;
	for (int i = 0; right && i < PING_BYTES; i++)
		right = data[i] == i;
	pings_answered += right;
	pbuf_free(packet);
	return 1;
}

static void ping(void *context)
{
	static struct raw_pcb *pcb;
	(void)context;
	if (pcb == NULL) {
		pcb = raw_new(IP_PROTO_ICMP);
		raw_recv(pcb, on_icmp, NULL);
		raw_bind(pcb, IP_ADDR_ANY);
	}
	if (pings_sent == PINGS) {
		printf("{\"event\":\"ping\",\"sent\":%d,\"answered\":%d}\n", pings_sent, pings_answered);
		transfers();
		return;
	}
	struct pbuf *packet = pbuf_alloc(PBUF_IP, sizeof(struct icmp_echo_hdr) + PING_BYTES, PBUF_RAM);
	struct icmp_echo_hdr *header = packet->payload;
	ICMPH_TYPE_SET(header, ICMP_ECHO);
	ICMPH_CODE_SET(header, 0);
	header->id = lwip_htons(1);
	header->seqno = lwip_htons(++pings_sent);
	for (int i = 0; i < PING_BYTES; i++)
		((u8_t *)(header + 1))[i] = i;
	header->chksum = 0;
	header->chksum = inet_chksum(header, packet->len);
	raw_sendto(pcb, packet, &board);
	pbuf_free(packet);
	/* The last one gets as long for its answer as the whole of them. */
	sys_timeout(pings_sent == PINGS ? PINGS * PING_MS * 2 : PING_MS, ping, NULL);
}

/* ---- the link ---- */

static void up(void)
{
	char ours[IP4ADDR_STRLEN_MAX];
	ip4addr_ntoa_r(netif_ip4_addr(&interface), ours, sizeof ours);
	printf("{\"event\":\"up\",\"ms\":%u,\"ours\":\"%s\",\"peers\":\"%s\"}\n", (unsigned)(sys_now() - started), ours,
		ip4addr_ntoa(netif_ip4_gw(&interface)));
	ping(NULL);
}

static void on_link(ppp_pcb *pcb, int error, void *context)
{
	(void)pcb, (void)context;
	if (error == PPPERR_NONE) {
		up();
		return;
	}
	/* vj: what we sent compressed, what came compressed, what came with the number of its connection instead, and errors. */
	const struct vjstat *vj = &ppp->vj_comp.stats;
	const struct stats_proto *link = &lwip_stats.link;
	printf("{\"event\":\"end\",\"code\":%d,\"vj\":{\"sent\":%u,\"compressed\":%u,\"compressedIn\":%u,\"uncompressedIn\":%u,\"errors\":%u},"
	       "\"link\":{\"checksum\":%u,\"length\":%u,\"dropped\":%u,\"protocol\":%u},\"ip\":{\"checksum\":%u,\"length\":%u,\"dropped\":%u},\"tcp\":{\"checksum\":%u,\"dropped\":%u}}\n",
		error, (unsigned)vj->vjs_packets, (unsigned)vj->vjs_compressed, (unsigned)vj->vjs_compressedin,
		(unsigned)vj->vjs_uncompressedin, (unsigned)(vj->vjs_errorin + vj->vjs_tossed), (unsigned)link->chkerr,
		(unsigned)link->lenerr, (unsigned)link->drop, (unsigned)link->proterr, (unsigned)lwip_stats.ip.chkerr,
		(unsigned)lwip_stats.ip.lenerr, (unsigned)lwip_stats.ip.drop, (unsigned)lwip_stats.tcp.chkerr,
		(unsigned)lwip_stats.tcp.drop);
	ended = 1;
}

static void on_signal(int signal)
{
	(void)signal;
	asked_to_end = 1;
}

static void start_ppp(int server, const ip4_addr_t *ours, const char *auth)
{
	u8_t type = !strcmp(auth, "pap") ? PPPAUTHTYPE_PAP
		: !strcmp(auth, "chap")     ? PPPAUTHTYPE_CHAP
		: !strcmp(auth, "mschap2")  ? PPPAUTHTYPE_MSCHAP_V2
					    : PPPAUTHTYPE_NONE;
	ppp = pppos_create(&interface, send_bytes, on_link, NULL);
	if (type != PPPAUTHTYPE_NONE)
		ppp_set_auth(ppp, type, USER, PASSWORD);
	if (!server) {
		ppp_connect(ppp, 0);
		return;
	}
	ppp_set_auth_required(ppp, type != PPPAUTHTYPE_NONE);
	ppp_set_ipcp_ouraddr(ppp, ours);
	ppp_set_ipcp_hisaddr(ppp, ip_2_ip4(&board));
	ppp_set_silent(ppp, 1);
	ppp_listen(ppp);
}

int main(int count, char **arguments)
{
	ip4_addr_t ours, mask;
	if (count != 7 || !ip4addr_aton(arguments[3], &ours) || !ip4addr_aton(arguments[4], ip_2_ip4(&board))) {
		fprintf(stderr, "usage: lwip-peer TTY client|server|slip OUR-ADDRESS BOARD-ADDRESS BYTES none|pap|chap|mschap2\n");
		return 2;
	}
	tty = open(arguments[1], O_RDWR | O_NOCTTY | O_NONBLOCK);
	struct termios settings;
	if (tty < 0 || tcgetattr(tty, &settings) != 0) {
		perror(arguments[1]);
		return 1;
	}
	cfmakeraw(&settings);
	tcsetattr(tty, TCSANOW, &settings);
	bytes = strtoul(arguments[5], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, on_signal);
	srandom(getpid() ^ time(NULL));
	started = sys_now();
	lwip_init();

	int slip = !strcmp(arguments[2], "slip");
	if (slip) {
		ip4addr_aton("255.255.255.0", &mask);
		netif_add(&interface, &ours, &mask, ip_2_ip4(&board), NULL, slipif_init, ip_input);
		netif_set_up(&interface);
		netif_set_link_up(&interface);
		netif_set_default(&interface);
		up();
	} else {
		start_ppp(!strcmp(arguments[2], "server"), &ours, arguments[6]);
		ppp_set_default(ppp);
	}

	int open_line = 1;
	u32_t gone_at = 0;
	while (!ended && (open_line || sys_now() - gone_at < GONE_MS)) {
		if (asked_to_end == 1) {
			asked_to_end = 2;
			if (slip)
				break;
			ppp_close(ppp, 0);
		}
		sys_check_timeouts();
		flush();
		u32_t sleep = sys_timeouts_sleeptime();
		struct pollfd line = {.fd = open_line ? tty : -1, .events = POLLIN | (waiting_from < waiting_to ? POLLOUT : 0)};
		if (poll(&line, 1, sleep > 100 ? 100 : (int)sleep) <= 0)
			continue;
		if (!(line.revents & POLLIN)) {
			/* The board has gone. What it said before may still have to take its course. */
			if (line.revents & (POLLERR | POLLHUP | POLLNVAL))
				open_line = 0, gone_at = sys_now();
			continue;
		}
		if (slip) {
			slipif_poll(&interface);
			continue;
		}
		u8_t data[4096];
		ssize_t got = read(tty, data, sizeof data);
		if (got > 0)
			pppos_input(ppp, data, got);
		else if (got == 0 || errno != EAGAIN)
			open_line = 0, gone_at = sys_now();
	}
	flush();
	return slip || ended ? 0 : 1;
}
