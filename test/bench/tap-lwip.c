/*
 * lwIP over a TAP: a sink on port 9 and a source on port 19 by its raw API, the same as apps/tap.js has. Frames are read straight into its
 * buffers; what the source sends is copied, as an application's buffer is that goes on with it.
 *
 *	tap-lwip TAP ADDRESS
 *
 * Ends by SIGTERM.
 */

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

enum { FRAME = 1514 };

static int tap;
static struct netif interface;
static const u8_t content[65535];

u32_t sys_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static err_t output(struct netif *netif, struct pbuf *packet)
{
	struct iovec parts[8];
	int count = 0;
	(void)netif;
	for (struct pbuf *part = packet; part && count < 8; part = part->next)
		parts[count++] = (struct iovec){ part->payload, part->len };
	return writev(tap, parts, count) < 0 ? ERR_IF : ERR_OK;
}

static err_t attach(struct netif *netif)
{
	static const u8_t mac[6] = { 2, 0, 0, 0, 0x77, 3 };
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->output = etharp_output;
	netif->linkoutput = output;
	netif->mtu = 1500;
	netif->hwaddr_len = sizeof mac;
	memcpy(netif->hwaddr, mac, sizeof mac);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static err_t end(struct tcp_pcb *pcb)
{
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	if (tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
	(void)context, (void)error;
	if (!data)
		return end(pcb);
	tcp_recved(pcb, data->tot_len);
	pbuf_free(data);
	return ERR_OK;
}

static err_t fill(void *context, struct tcp_pcb *pcb, u16_t sent)
{
	(void)context, (void)sent;
	u16_t room = tcp_sndbuf(pcb);
	if (room > 0)
		tcp_write(pcb, content, room, TCP_WRITE_FLAG_COPY);
	return ERR_OK;
}

static err_t accepted_sink(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)context, (void)error;
	tcp_recv(pcb, received);
	return ERR_OK;
}

static err_t accepted_source(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)error;
	tcp_recv(pcb, received);
	tcp_sent(pcb, fill);
	return fill(context, pcb, 0);
}

static void listen_on(u16_t port, tcp_accept_fn accepted)
{
	struct tcp_pcb *pcb = tcp_new();
	tcp_bind(pcb, IP_ADDR_ANY, port);
	tcp_accept(tcp_listen(pcb), accepted);
}

int main(int argc, char **argv)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	ip4_addr_t address, mask, gateway = { 0 };
	if (argc != 3 || !ip4addr_aton(argv[2], &address)) {
		fputs("usage: tap-lwip TAP ADDRESS\n", stderr);
		return 2;
	}
	strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) {
		perror(argv[1]);
		return 1;
	}
	lwip_init();
	IP4_ADDR(&mask, 255, 255, 255, 0);
	netif_add(&interface, &address, &mask, &gateway, NULL, attach, netif_input);
	netif_set_default(&interface);
	netif_set_up(&interface);
	listen_on(9, accepted_sink);
	listen_on(19, accepted_source);
	puts("ready");
	fflush(stdout);

	struct pbuf *packet = NULL;
	for (;;) {
		if (!packet)
			packet = pbuf_alloc(PBUF_RAW, FRAME, PBUF_POOL);
		ssize_t length = packet ? read(tap, packet->payload, FRAME) : -1;
		if (length > 0) {
			pbuf_realloc(packet, length);
			if (interface.input(packet, &interface) != ERR_OK)
				pbuf_free(packet);
			packet = NULL;
			continue;
		}
		sys_check_timeouts();
		u32_t wait = sys_timeouts_sleeptime();
		struct pollfd one = { .fd = tap, .events = POLLIN };
		poll(&one, 1, wait > 250 ? 250 : (int)wait);
	}
}
