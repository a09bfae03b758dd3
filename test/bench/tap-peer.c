/*
 * The peer of the TAP benchmark: one TCP connection of the kernel, as cheap as a program can use it.
 *
 *	tap-peer ADDRESS PORT send|receive BYTES
 *
 * Prints the seconds from the connection to the last byte: sent and acknowledged by the other side's end, or received.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Every call moves as much as it can. */
static char buffer[1 << 18];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long sendAll(int fd, long bytes)
{
	for (long left = bytes; left > 0;) {
		ssize_t count = send(fd, buffer, left < (long)sizeof(buffer) ? (size_t)left : sizeof(buffer), MSG_NOSIGNAL);
		if (count < 0)
			fail("tap-peer: send");
		left -= count;
	}
	shutdown(fd, SHUT_WR);
	/* The other side closes when it has everything. */
	if (recv(fd, buffer, 1, 0) != 0)
		fail("tap-peer: end");
	return bytes;
}

static long receiveAll(int fd, long bytes)
{
	long got = 0;
	while (got < bytes) {
		ssize_t count = recv(fd, buffer, sizeof(buffer), 0);
		if (count <= 0)
			fail("tap-peer: receive");
		got += count;
	}
	return got;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: tap-peer ADDRESS PORT send|receive BYTES\n", stderr);
		return 2;
	}
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2])) };
	to.sin_addr.s_addr = inet_addr(argv[1]);
	/* Nothing may hang: a minute is for ever here. */
	struct timeval patience = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("tap-peer: connect");
	memset(buffer, 'm', sizeof(buffer));
	double started = seconds();
	long bytes = atol(argv[4]);
	bytes = strcmp(argv[3], "send") == 0 ? sendAll(fd, bytes) : receiveAll(fd, bytes);
	double took = seconds() - started;
	printf("%ld %.6f\n", bytes, took);
	close(fd);
	return 0;
}
