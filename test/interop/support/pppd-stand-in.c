// Lets an unmodified pppd run on a kernel without PPP: preloaded, it stands in for /dev/ppp. Channel and unit become socket pairs, the
// line discipline a thread that frames (RFC 1662), and the unit's packets go through a TUN device called pppN, so that Linux's own
// TCP/IP is at the other end.   gcc -shared -fPIC -o pppd-stand-in.so pppd-stand-in.c -ldl -lpthread

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/ppp-ioctl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { FRAME = 8192, N_PPP_DISCIPLINE = 3 };

// The other ends of the socket pairs that pppd has, by its descriptor.
static int peer[1024];
static int tty = -1, channel = -1, unit = -1, tun = -1;
static int flags, mru = 1500, started;
static uint32_t sendMap = 0xffffffff, receiveMap = 0xffffffff;
static int (*realIoctl)(int, unsigned long, void *);
static int (*realOpen)(const char *, int, ...);

static uint16_t fcs16(uint16_t fcs, const uint8_t *bytes, int count) {
	while (count--) {
		fcs ^= *bytes++;
		for (int bit = 0; bit < 8; bit++) fcs = fcs & 1 ? (fcs >> 1) ^ 0x8408 : fcs >> 1;
	}
	return fcs;
}

static void writeAll(const uint8_t *bytes, int count) {
	for (int done = 0; done < count;) {
		int written = write(tty, bytes + done, count - done);
		if (written > 0) done += written;
		else if (errno == EAGAIN) poll(&(struct pollfd){tty, POLLOUT, 0}, 1, 100);
		else return;
	}
}

// `packet` begins with its protocol, two octets.
static void transmit(const uint8_t *packet, int length) {
	static uint8_t frame[FRAME], line[2 * FRAME + 2];
	int count = 0, used = 0, protocol = packet[0] << 8 | packet[1];
	frame[count++] = 0xff;
	frame[count++] = 3;
	memcpy(frame + count, packet, length);
	count += length;
	uint16_t fcs = ~fcs16(0xffff, frame, count);
	frame[count++] = fcs;
	frame[count++] = fcs >> 8;
	uint32_t map = protocol == 0xc021 ? 0xffffffff : sendMap;
	line[used++] = 0x7e;
	for (int i = 0; i < count; i++) {
		uint8_t octet = frame[i];
		if (octet == 0x7e || octet == 0x7d || (octet < 32 && (map >> octet & 1))) {
			line[used++] = 0x7d;
			line[used++] = octet ^ 0x20;
		} else line[used++] = octet;
	}
	line[used++] = 0x7e;
	writeAll(line, used);
}

// A frame without its flags; two octets before it are free.
static void received(uint8_t *frame, int count) {
	if (count < 4 || fcs16(0xffff, frame, count) != 0xf0b8) return;
	count -= 2;
	uint8_t *packet = frame;
	if (packet[0] == 0xff && packet[1] == 3) {
		packet += 2;
		count -= 2;
	}
	if (packet[0] & 1) {
		*--packet = 0;
		count++;
	}
	int protocol = packet[0] << 8 | packet[1];
	if (protocol == 0x21 || protocol == 0x57) {
		if (tun >= 0 && write(tun, packet + 2, count - 2) < 0) return;
		return;
	}
	int to = protocol >= 0xc000 ? channel : unit;
	if (to >= 0) send(to, packet, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void *relay(void *unused) {
	static uint8_t frame[FRAME], bytes[FRAME];
	int count = 0, escaped = 0;
	(void)unused;
	for (;;) {
		struct pollfd ready[4] = {{tty, POLLIN, 0}, {channel, POLLIN, 0}, {unit, POLLIN, 0}, {tun, POLLIN, 0}};
		if (poll(ready, 4, 50) < 0) continue;
		if (tty < 0) {
			usleep(10000);
			continue;
		}
		if (ready[0].revents & POLLIN) {
			int got = read(tty, bytes, sizeof bytes);
			for (int i = 0; i < got; i++) {
				uint8_t octet = bytes[i];
				if (octet == 0x7e) {
					if (count && !escaped) received(frame + 4, count);
					count = escaped = 0;
					continue;
				}
				if (octet < 32 && (receiveMap >> octet & 1)) continue;
				if (octet == 0x7d) {
					escaped = 1;
					continue;
				}
				if (escaped) {
					octet ^= 0x20;
					escaped = 0;
				}
				if (count < FRAME - 192) frame[4 + count++] = octet;
			}
		} else if (ready[0].revents) usleep(5000);
		for (int i = 1; i < 3; i++)
			if (ready[i].revents & POLLIN) {
				int got = recv(ready[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);
				if (got > 2) transmit(bytes, got);
			}
		if (ready[3].revents & POLLIN) {
			int got = read(tun, bytes + 2, sizeof bytes - 2);
			if (got <= 0) continue;
			bytes[0] = 0;
			bytes[1] = bytes[2] >> 4 == 6 ? 0x57 : 0x21;
			transmit(bytes, got + 2);
		}
	}
	return 0;
}

static int makePair(void) {
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return -1;
	peer[ends[0]] = ends[1];
	return ends[0];
}

static int opened(const char *path, int mode, int permissions) {
	if (!realOpen) realOpen = dlsym(RTLD_NEXT, "open");
	return path && !strcmp(path, "/dev/ppp") ? makePair() : realOpen(path, mode, permissions);
}

int open(const char *path, int mode, ...) {
	va_list rest;
	va_start(rest, mode);
	int permissions = va_arg(rest, int);
	va_end(rest);
	return opened(path, mode, permissions);
}

int open64(const char *path, int mode, ...) {
	va_list rest;
	va_start(rest, mode);
	int permissions = va_arg(rest, int);
	va_end(rest);
	return opened(path, mode, permissions);
}

int __open_2(const char *path, int mode) { return opened(path, mode, 0); }
int __open64_2(const char *path, int mode) { return opened(path, mode, 0); }

static int newUnit(int fd, int *number) {
	int index = *number < 0 ? 0 : *number;
	struct ifreq request;
	memset(&request, 0, sizeof request);
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(request.ifr_name, IFNAMSIZ, "ppp%d", index);
	int device = opened("/dev/net/tun", O_RDWR | O_CLOEXEC, 0);
	if (device < 0 || realIoctl(device, TUNSETIFF, &request) < 0) {
		perror("stand-in: tun");
		return -1;
	}
	unit = peer[fd];
	tun = device;
	*number = index;
	return 0;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list rest;
	va_start(rest, request);
	void *argument = va_arg(rest, void *);
	va_end(rest);
	if (!realIoctl) realIoctl = dlsym(RTLD_NEXT, "ioctl");
	request &= 0xffffffff;
	switch (request) {
	case TIOCSETD:
		if (*(int *)argument != N_PPP_DISCIPLINE) {
			tty = -1;
			return 0;
		}
		tty = fd;
		if (!started) {
			pthread_t thread;
			started = 1;
			pthread_create(&thread, 0, relay, 0);
		}
		return 0;
	case PPPIOCGCHAN: *(int *)argument = 1; return 0;
	case PPPIOCATTCHAN: channel = peer[fd]; return 0;
	case PPPIOCNEWUNIT: return newUnit(fd, argument);
	case PPPIOCGFLAGS: *(int *)argument = flags; return 0;
	case PPPIOCSFLAGS: flags = *(int *)argument; return 0;
	case PPPIOCSASYNCMAP: sendMap = *(uint32_t *)argument; return 0;
	case PPPIOCGASYNCMAP: *(uint32_t *)argument = sendMap; return 0;
	case PPPIOCSRASYNCMAP: receiveMap = *(uint32_t *)argument; return 0;
	case PPPIOCGRASYNCMAP: *(uint32_t *)argument = receiveMap; return 0;
	case PPPIOCGMRU: *(int *)argument = mru; return 0;
	case PPPIOCSMRU: mru = *(int *)argument; return 0;
	case PPPIOCGUNIT: *(int *)argument = 0; return 0;
	case PPPIOCSCOMPRESS:
	case PPPIOCSPASS:
	case PPPIOCSACTIVE: errno = EINVAL; return -1;
	}
	// The others that belong to PPP: nothing to do, zeros to tell.
	if (_IOC_TYPE(request) == 't' && request != TIOCSCTTY && (_IOC_DIR(request) != _IOC_NONE || request == PPPIOCDISCONN)) {
		if (_IOC_DIR(request) & _IOC_READ) memset(argument, 0, _IOC_SIZE(request));
		return 0;
	}
	return realIoctl(fd, request, argument);
}
