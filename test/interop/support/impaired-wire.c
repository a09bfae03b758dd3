/*
 * A wire between two ends that carries Ethernet frames at a rate, keeps them for a while, and loses and reorders those of TCP, from one seed.
 *
 *	impaired-wire END END [END] [NAME=NUMBER …] [pcap=FILE]
 *
 * With three ends the second and the third are at the same side: they share the way to the first, and what comes from there goes to both. An END is NAMESPACE/TAP, a TAP device of a network namespace, which this process attaches to, or stream:PATH, a UNIX socket that it listens at for one
 * peer with QEMU's framing (a board). Each way has the same: rate (bits a second of frames as they are here, without preamble and FCS), delay (µs, after the
 * last bit), queue (bytes that wait for the rate, beyond which frames are dropped), loss and reorder (of a million frames), by (frames that pass one that is
 * reordered, or as long as so many full ones take, and 10 ms). The fate of the nth frame of TCP of either way depends on the seed alone, whatever is in it; other
 * protocols are spared. test/support/impaired-wire.ts is the same on a virtual clock.
 *
 * Says "ready", and at the end of standard input what it saw, as one JSON object: of each way the frames' fates and how late they were delivered, of each
 * connection (and way, from the first end on) what its segments say, told below in struct half.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FRAME_BYTES 1600
#define FRAMES 8192
#define HELD 256
#define FLOWS 16
#define FULL_FRAME 1514
#define HOLD_EXTRA_US 10000
/* A connection may carry so much; memory is taken as it is used. */
#define STREAM_BYTES (256u << 20)
#define LATE_BINS 2000
#define LATE_BIN_US 10
#define STALL_EXTRA_US 150000

struct frame {
	int64_t leaves; /* its last bit is on the wire, µs */
	int64_t due;
	uint32_t number; /* of those of TCP of this way */
	uint16_t length;
	bool reordered;
	uint8_t bytes[FRAME_BYTES];
};

struct held {
	struct frame frame;
	int64_t deadline;
	uint32_t toPass;
	bool used;
};

struct way {
	int side; /* whose ends are handed what comes */
	struct frame *frames; /* a ring, in the order of `leaves` */
	uint32_t first, waiting, end;
	int64_t free; /* when the rate has done with what was taken */
	uint64_t queued; /* bytes that have not left */
	struct held held[HELD];
	uint32_t tcpFrames;
	uint64_t count, lost, reordered, overflowed, delivered, failed;
	uint64_t late[LATE_BINS + 1], lateSum, lateMax;
};

/* What one end of a connection sends. */
struct half {
	bool known;
	uint32_t iss;
	uint8_t *carried; /* bytes of the stream that were in a frame that was not lost */
	uint32_t top, acked;
	uint8_t scale;
	uint64_t segments, bytes; /* with data */
	uint64_t again, needless; /* segments whose bytes had all been sent before; those of them that had all been carried */
	uint32_t flight, window; /* the most there was */
	uint64_t stalls, stalledUs; /* silences of a round trip and 150 ms with data in flight that a retransmission ended */
	int64_t last; /* when the last segment with data came, µs */
};

struct flow {
	uint16_t ports[2];
	struct half halves[2];
};

static struct way ways[2];
static struct flow flows[FLOWS];
static int flowCount;
static uint64_t seed = 1, rate = 20000000, delay = 5000, queue = 150000, loss, reorder, by = 10;
static FILE *pcap;

/* What is at the ends of the wire: side 0 has the first, side 1 the others. */
#define ENDS 3
static struct end {
	char *place;
	int fd;
	int side;
	bool stream;
	uint8_t in[1 << 18];
	size_t length;
} ends[ENDS];
static int endCount;

static void fail(const char *what)
{
	fprintf(stderr, "impaired-wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* A number below a million from the seed, the way, the frame's number and what it is for: murmur3's finaliser. */
static uint32_t fate(uint32_t way, uint32_t number, uint32_t purpose)
{
	uint32_t z = (uint32_t)seed;
	uint32_t steps[3] = { way, number, purpose };
	for (int i = 0; i < 3; i++) {
		z += (steps[i] + 1) * 0x9e3779b9u;
		z = (z ^ (z >> 16)) * 0x85ebca6bu;
		z = (z ^ (z >> 13)) * 0xc2b2ae35u;
		z ^= z >> 16;
	}
	return (uint32_t)(((uint64_t)z * 1000000) >> 32);
}

static int openTap(char *place)
{
	char *slash = strchr(place, '/');
	*slash = 0;
	char path[256];
	snprintf(path, sizeof(path), "/run/netns/%s", place);
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || namespace < 0 || setns(namespace, CLONE_NEWNET) < 0)
		fail(path);
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", slash + 1);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail(slash + 1);
	if (setns(home, CLONE_NEWNET) < 0)
		fail("setns");
	close(home);
	close(namespace);
	return fd;
}

static int listenAt(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		fail(path);
	return fd;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static struct flow *flowOf(int way, const uint8_t *tcp)
{
	uint16_t from = (uint16_t)get16(tcp), to = (uint16_t)get16(tcp + 2);
	uint16_t first = way == 0 ? from : to, second = way == 0 ? to : from;
	for (int i = 0; i < flowCount; i++)
		if (flows[i].ports[0] == first && flows[i].ports[1] == second)
			return &flows[i];
	if (flowCount == FLOWS)
		return NULL;
	flows[flowCount].ports[0] = first;
	flows[flowCount].ports[1] = second;
	return &flows[flowCount++];
}

static bool isTcp(const uint8_t *frame, size_t length)
{
	return length >= 54 && get16(frame + 12) == 0x0800 && frame[23] == 6;
}

/* The scale of the window that a SYN's options ask for. */
static uint8_t scaleOf(const uint8_t *options, const uint8_t *end)
{
	while (options < end && *options != 0) {
		if (*options == 1) {
			options++;
			continue;
		}
		if (end - options < 2 || options[1] < 2)
			break;
		if (*options == 3 && end - options >= 3)
			return options[2];
		options += options[1];
	}
	return 0;
}

/* What a segment says, before its fate; `carried`: it will be delivered. */
static void look(int way, const uint8_t *frame, int64_t at, bool carried)
{
	const uint8_t *ip = frame + 14;
	const uint8_t *tcp = ip + (ip[0] & 15) * 4;
	uint32_t header = (uint32_t)(tcp[12] >> 4) * 4;
	uint32_t length = get16(ip + 2) - (uint32_t)(ip[0] & 15) * 4 - header;
	struct flow *flow = flowOf(way, tcp);
	if (flow == NULL)
		return;
	struct half *half = &flow->halves[way], *other = &flow->halves[1 - way];
	bool syn = tcp[13] & 2;
	if (syn) {
		half->known = true;
		half->iss = get32(tcp + 4);
		half->scale = scaleOf(tcp + 20, tcp + header);
		if (half->carried == NULL)
			half->carried = mmap(NULL, STREAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	}
	if (!half->known)
		return;
	if (tcp[13] & 16 && other->known) {
		uint32_t acked = get32(tcp + 8) - other->iss - 1;
		if (acked > other->top && acked - other->top == 1)
			acked = other->top;
		if (acked > other->acked && acked <= other->top)
			other->acked = acked;
	}
	uint32_t window = get16(tcp + 14) << (syn ? 0 : half->scale);
	if (window > half->window)
		half->window = window;
	if (length == 0 || syn)
		return;
	uint32_t start = get32(tcp + 4) - half->iss - 1, end = start + length;
	if (end > STREAM_BYTES || start > end)
		return;
	half->segments++;
	half->bytes += length;
	if (end <= half->top) {
		half->again++;
		if (memchr(half->carried + start, 0, length) == NULL)
			half->needless++;
		if (at - half->last > (int64_t)(2 * delay + STALL_EXTRA_US)) {
			half->stalls++;
			half->stalledUs += (uint64_t)(at - half->last);
		}
	} else {
		half->top = end;
	}
	half->last = at;
	if (half->top - half->acked > half->flight)
		half->flight = half->top - half->acked;
	if (carried)
		memset(half->carried + start, 1, length);
}

static void record(const uint8_t *frame, size_t length)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	uint32_t header[4] = { (uint32_t)time.tv_sec, (uint32_t)time.tv_nsec / 1000, (uint32_t)length, (uint32_t)length };
	fwrite(header, sizeof(header), 1, pcap);
	fwrite(frame, length, 1, pcap);
}

/* A frame has come from the end `way`. */
static void take(int way, const uint8_t *bytes, size_t length)
{
	struct way *on = &ways[way];
	int64_t at = now();
	if (length > FRAME_BYTES || length < 14)
		return;
	bool tcp = isTcp(bytes, length);
	if (pcap != NULL && tcp)
		record(bytes, length);
	on->count++;
	while (on->waiting != on->end && on->frames[on->waiting % FRAMES].leaves <= at)
		on->queued -= on->frames[on->waiting++ % FRAMES].length;
	bool dropped = on->queued + length > queue || on->end - on->first == FRAMES;
	uint32_t number = tcp ? on->tcpFrames++ : 0;
	bool gone = tcp && fate((uint32_t)way, number, 0) < loss;
	if (tcp)
		look(way, bytes, at, !dropped && !gone);
	if (dropped) {
		on->overflowed++;
		return;
	}
	struct frame *frame = &on->frames[on->end++ % FRAMES];
	if (on->free < at)
		on->free = at;
	on->free += (int64_t)((uint64_t)length * 8 * 1000000 / rate);
	frame->leaves = on->free;
	frame->due = on->free + (int64_t)delay;
	frame->reordered = tcp && !gone && fate((uint32_t)way, number, 1) < reorder;
	on->queued += length;
	/* What is lost takes its time on the wire all the same. */
	frame->length = (uint16_t)length;
	frame->number = gone ? UINT32_MAX : number;
	memcpy(frame->bytes, bytes, length);
}

static void handTo(struct way *on, const struct end *end, const struct frame *frame)
{
	if (!end->stream) {
		if (write(end->fd, frame->bytes, frame->length) != frame->length)
			on->failed++;
		return;
	}
	uint8_t bytes[4 + FRAME_BYTES] = { 0, 0, (uint8_t)(frame->length >> 8), (uint8_t)frame->length };
	memcpy(bytes + 4, frame->bytes, frame->length);
	/* The socket's buffer holds more than a window; what does not fit is told. */
	if (send(end->fd, bytes, (size_t)frame->length + 4, MSG_NOSIGNAL | MSG_DONTWAIT) != frame->length + 4)
		on->failed++;
}

static void hand(struct way *on, const struct frame *frame)
{
	on->delivered++;
	for (int i = 0; i < endCount; i++)
		if (ends[i].side == on->side)
			handTo(on, &ends[i], frame);
}

static void letGo(struct way *on, struct held *held)
{
	held->used = false;
	hand(on, &held->frame);
}

/* Delivers what is due; answers when the next is, or INT64_MAX. */
static int64_t deliver(struct way *on)
{
	for (;;) {
		int64_t at = now();
		int64_t next = INT64_MAX;
		for (int i = 0; i < HELD; i++) {
			struct held *held = &on->held[i];
			if (!held->used)
				continue;
			if (held->toPass == 0 || held->deadline <= at)
				letGo(on, held);
			else if (held->deadline < next)
				next = held->deadline;
		}
		if (on->first == on->end)
			return next;
		struct frame *frame = &on->frames[on->first % FRAMES];
		if (frame->due > at)
			return frame->due < next ? frame->due : next;
		if (on->waiting == on->first) {
			on->queued -= frame->length;
			on->waiting++;
		}
		on->first++;
		if (frame->number == UINT32_MAX) {
			on->lost++;
			continue;
		}
		uint64_t late = (uint64_t)(at - frame->due);
		on->lateSum += late;
		if (late > on->lateMax)
			on->lateMax = late;
		on->late[late / LATE_BIN_US < LATE_BINS ? late / LATE_BIN_US : LATE_BINS]++;
		if (frame->reordered) {
			int i = 0;
			while (i < HELD && on->held[i].used)
				i++;
			if (i < HELD) {
				on->reordered++;
				struct held *held = &on->held[i];
				held->frame = *frame;
				held->used = true;
				held->toPass = (uint32_t)by;
				held->deadline = frame->due + (int64_t)(by * FULL_FRAME * 8 * 1000000 / rate) + HOLD_EXTRA_US;
				continue;
			}
		}
		hand(on, frame);
		for (int i = 0; i < HELD; i++)
			if (on->held[i].used && on->held[i].toPass > 0)
				on->held[i].toPass--;
	}
}

/* Reads what an end has; false when it is gone. */
static bool readFrom(struct end *end)
{
	if (!end->stream) {
		uint8_t frame[FRAME_BYTES + 64];
		for (int i = 0; i < 64; i++) {
			ssize_t length = read(end->fd, frame, sizeof(frame));
			if (length <= 0)
				return length < 0 && errno == EAGAIN;
			take(end->side, frame, (size_t)length);
		}
		return true;
	}
	ssize_t got = recv(end->fd, end->in + end->length, sizeof(end->in) - end->length, MSG_DONTWAIT);
	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	end->length += (size_t)got;
	size_t at = 0;
	while (end->length - at >= 4) {
		size_t length = get32(end->in + at);
		if (end->length - at - 4 < length)
			break;
		take(end->side, end->in + at + 4, length);
		at += 4 + length;
	}
	end->length -= at;
	memmove(end->in, end->in + at, end->length);
	return true;
}

static uint64_t latePart(const struct way *on, double part)
{
	uint64_t all = 0, sum = 0;
	for (int i = 0; i <= LATE_BINS; i++)
		all += on->late[i];
	for (int i = 0; i <= LATE_BINS; i++)
		if ((double)(sum += on->late[i]) >= part * (double)all)
			return (uint64_t)i * LATE_BIN_US;
	return 0;
}

static void report(void)
{
	printf("{\"ways\":[");
	for (int i = 0; i < 2; i++) {
		const struct way *on = &ways[i];
		uint64_t timed = on->delivered + 1;
		printf("%s{\"frames\":%lu,\"lost\":%lu,\"reordered\":%lu,\"overflowed\":%lu,\"delivered\":%lu,\"failed\":%lu,"
		       "\"lateMeanUs\":%lu,\"late99Us\":%lu,\"lateMaxUs\":%lu}",
			i ? "," : "", on->count, on->lost, on->reordered, on->overflowed, on->delivered, on->failed, on->lateSum / timed,
			latePart(on, 0.99), on->lateMax);
	}
	printf("],\"flows\":[");
	for (int i = 0; i < flowCount; i++) {
		printf("%s{\"ports\":[%u,%u],\"halves\":[", i ? "," : "", flows[i].ports[0], flows[i].ports[1]);
		for (int side = 0; side < 2; side++) {
			const struct half *half = &flows[i].halves[side];
			printf("%s{\"segments\":%lu,\"bytes\":%lu,\"again\":%lu,\"needless\":%lu,\"acked\":%u,\"flight\":%u,\"window\":%u,"
			       "\"stalls\":%lu,\"stalledMs\":%lu}",
				side ? "," : "", half->segments, half->bytes, half->again, half->needless, half->acked, half->flight, half->window,
				half->stalls, half->stalledUs / 1000);
		}
		printf("]}");
	}
	printf("]}\n");
	if (pcap != NULL)
		fclose(pcap);
}

/* Waits for the peer of an end. */
static void acceptAt(struct end *end)
{
	int peer = accept4(end->fd, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		fail("accept");
	int bytes = 1 << 20;
	setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	close(end->fd);
	end->fd = peer;
}

/* Carries frames until standard input ends. */
static void run(void)
{
	struct pollfd polled[ENDS + 1] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	for (int i = 0; i < endCount; i++)
		polled[1 + i] = (struct pollfd){ .fd = ends[i].fd, .events = POLLIN };
	for (;;) {
		int64_t next = INT64_MAX;
		for (int i = 0; i < 2; i++) {
			int64_t due = deliver(&ways[i]);
			if (due < next)
				next = due;
		}
		int64_t wait = next == INT64_MAX ? 1000000 : next - now();
		if (wait < 0)
			wait = 0;
		struct timespec timeout = { .tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000 };
		if (ppoll(polled, (nfds_t)endCount + 1, &timeout, NULL) < 0 && errno != EINTR)
			fail("poll");
		for (int i = 0; i < endCount; i++)
			if (polled[1 + i].revents && !readFrom(&ends[i]))
				polled[1 + i].fd = -1;
		char ignored[64];
		if (polled[0].revents && read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0)
			return;
	}
}

static void setting(char *text)
{
	struct {
		const char *name;
		uint64_t *value;
	} numbers[] = { { "seed", &seed }, { "rate", &rate }, { "delay", &delay }, { "queue", &queue }, { "loss", &loss },
		{ "reorder", &reorder }, { "by", &by } };
	char *value = strchr(text, '=');
	if (value != NULL) {
		*value++ = 0;
		if (strcmp(text, "pcap") == 0) {
			pcap = fopen(value, "wb");
			if (pcap == NULL)
				fail(value);
			/* Microseconds, version 2.4, Ethernet. */
			uint32_t header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
			fwrite(header, sizeof(header), 1, pcap);
			return;
		}
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			if (strcmp(text, numbers[i].name) == 0) {
				*numbers[i].value = strtoull(value, NULL, 10);
				return;
			}
	}
	fprintf(stderr, "impaired-wire: %s: expected NAME=NUMBER\n", text);
	exit(2);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strchr(argv[i], '=') != NULL)
			setting(argv[i]);
		else if (endCount < ENDS)
			ends[endCount++].place = argv[i];
	}
	if (endCount < 2) {
		fputs("usage: impaired-wire END END [END] [NAME=NUMBER ...] [pcap=FILE]\n", stderr);
		return 2;
	}
	/* What else the machine does is not to be seen on the wire; without the right to that, it is. */
	struct sched_param priority = { .sched_priority = 20 };
	sched_setscheduler(0, SCHED_FIFO, &priority);

	for (int i = 0; i < endCount; i++) {
		char *place = ends[i].place;
		ends[i].side = i > 0;
		ends[i].stream = strncmp(place, "stream:", 7) == 0;
		ends[i].fd = ends[i].stream ? listenAt(place + 7) : openTap(place);
	}
	for (int i = 0; i < 2; i++) {
		ways[i].side = 1 - i;
		ways[i].frames = calloc(FRAMES, sizeof(struct frame));
	}
	mlockall(MCL_CURRENT);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < endCount; i++)
		if (ends[i].stream)
			acceptAt(&ends[i]);
	run();
	report();
	return 0;
}
