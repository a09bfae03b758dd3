/*
 * One end of a transfer whose every byte is checked, as a program of Linux.
 *
 *	goodput-peer serve|ADDRESS PORT send|receive BYTES SECONDS [CONGESTION-CONTROL]
 *
 * `serve` says "ready" and takes one connection. The receiver's window is 65,535 bytes at the most; what was sent closes the connection's one direction, and the
 * receiver closes the other when it has all. Prints {"bytes", "seconds", "wrong"}: from the call of connect() on, bytes that came, or were acknowledged, within
 * the time; `wrong` is the first byte that is not the one of the pattern, or -1.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A prime, so that no other place of a segment looks right. test/bench/apps/goodput.js and test/support/pattern.ts have the same. */
#define PERIOD 65521

static uint8_t pattern[2 * PERIOD];

static void fail(const char *what)
{
	fprintf(stderr, "goodput-peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fillPattern(void)
{
	uint32_t state = 1;
	for (int i = 0; i < PERIOD; i++) {
		state = state * 1664525u + 1013904223u;
		pattern[i] = pattern[i + PERIOD] = (uint8_t)(state >> 24);
	}
}

/* Waits for what `events` says until `end`; false when that is past. */
static bool patience(int fd, short events, double end)
{
	for (;;) {
		double left = end - seconds();
		if (left <= 0)
			return false;
		struct pollfd polled = { .fd = fd, .events = events };
		int count = poll(&polled, 1, (int)(left * 1000) + 1);
		if (count < 0 && errno != EINTR)
			fail("poll");
		if (count > 0)
			return true;
	}
}

static void configure(int fd, const char *control)
{
	/* The window alone is to be the limit: these are for the kernel's own overhead. */
	int bytes = 524288, clamp = 65535;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, sizeof(clamp)) < 0)
		fail("TCP_WINDOW_CLAMP");
	if (control != NULL && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, control, (socklen_t)strlen(control)) < 0)
		fail(control);
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fputs("usage: goodput-peer serve|ADDRESS PORT send|receive BYTES SECONDS [CONGESTION-CONTROL]\n", stderr);
		return 2;
	}
	fillPattern();
	struct sched_param priority = { .sched_priority = 10 };
	sched_setscheduler(0, SCHED_FIFO, &priority);
	bool serve = strcmp(argv[1], "serve") == 0, sends = strcmp(argv[3], "send") == 0;
	uint64_t total = strtoull(argv[4], NULL, 10), moved = 0;
	double limit = atof(argv[5]);
	int64_t wrong = -1;
	const char *error = "";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2])) };
	address.sin_addr.s_addr = serve ? INADDR_ANY : inet_addr(argv[1]);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	configure(fd, argc > 6 ? argv[6] : NULL);
	double started = seconds(), end = started + limit;
	if (serve) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
			fail("listen");
		puts("ready");
		fflush(stdout);
		if (!patience(fd, POLLIN, end))
			fail("accept");
		int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
		close(fd);
		fd = peer;
		/* The other end has the clock; this one is only not to stay for ever. */
		started = seconds();
		end = started + limit + 2;
	} else if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int status = 0;
		socklen_t size = sizeof(status);
		if (errno != EINPROGRESS)
			fail("connect");
		if (!patience(fd, POLLOUT, end))
			error = "no connection in time";
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &size) < 0 || status != 0)
			error = strerror(status);
	}
	static uint8_t buffer[PERIOD];
	bool shut = false;
	while (*error == 0) {
		if (sends && !shut) {
			if (!patience(fd, POLLOUT, end))
				break;
			uint64_t count = total - moved < PERIOD ? total - moved : PERIOD;
			ssize_t sent = send(fd, pattern + moved % PERIOD, count, MSG_NOSIGNAL);
			if (sent < 0 && errno != EAGAIN)
				error = strerror(errno);
			if (sent > 0)
				moved += (uint64_t)sent;
			if (moved == total) {
				shutdown(fd, SHUT_WR);
				shut = true;
			}
			continue;
		}
		if (!patience(fd, POLLIN, end))
			break;
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		if (got < 0 && errno != EAGAIN)
			error = strerror(errno);
		if (got == 0)
			break;
		if (got > 0 && !sends) {
			if (wrong < 0 && memcmp(buffer, pattern + moved % PERIOD, (size_t)got) != 0) {
				wrong = (int64_t)moved;
				while (buffer[(uint64_t)wrong - moved] == pattern[(uint64_t)wrong % PERIOD])
					wrong++;
			}
			moved += (uint64_t)got;
		}
	}
	double took = seconds() - started;
	struct tcp_info info;
	socklen_t size = sizeof(info);
	memset(&info, 0, sizeof(info));
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	int queued = 0;
	if (sends && ioctl(fd, SIOCOUTQ, &queued) == 0)
		moved -= (uint64_t)queued < moved ? (uint64_t)queued : moved;
	if (!serve && took < limit && moved < total && *error == 0)
		error = "closed too early";
	printf("{\"bytes\":%lu,\"seconds\":%.6f,\"wrong\":%ld,\"error\":\"%s\",\"retransmitted\":%u,\"options\":%u}\n", moved, took, wrong, error,
		info.tcpi_total_retrans, info.tcpi_options);
	/* After the time is over nothing is waited for. */
	if (moved < total) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	close(fd);
	return 0;
}
