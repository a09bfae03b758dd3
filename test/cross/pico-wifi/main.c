// Runs drivers/wifi/wifi-frames-pico.c with its queue on Linux: below it is a stand-in for cyw43-driver with its glue to lwIP. Prints nothing and ends with 0 when all is well.
// It says nothing about a real radio.

#include "stand-in.h"

#include "../../../drivers/nic/nic.c"
#include "../../../drivers/nic/nic-pico.c"
#include "../../../drivers/wifi/wifi-frames-pico.c"

#include "../nic/program.h"

cyw43_t cyw43_state;

static struct {
	int users, up, joined, dead; /* the chip does not answer */
	int locked;
	int lwipFrames, lwipUps, lwipDowns; /* what lwIP's glue was told */
	uint32_t us, takes; /* so long does sending take */
	int answer;
	uint8_t left[NIC_FRAME_MOST];
	size_t leftLength;
	int interface, all;
} pico;

uint32_t save_and_disable_interrupts(void) { DEMAND(!pico.locked); pico.locked = 1; return 7; }
void restore_interrupts(uint32_t before) { DEMAND(before == 7 && pico.locked); pico.locked = 0; }
uint32_t time_us_32(void) { return pico.us; }
int pico_use_cyw43(void) { if (point()) return -1; pico.users++; return 0; }
void pico_unuse_cyw43(void) { DEMAND(pico.users > 0); if (--pico.users == 0) pico.up = pico.joined = 0; point(); }
void cyw43_arch_enable_sta_mode(void)
{
	DEMAND(pico.users > 0);
	pico.up = 1;
	if (!point() && !pico.dead)
		memcpy(cyw43_state.mac, "\x28\xcd\xc1\1\2\3", 6);
	else
		memset(cyw43_state.mac, 0, 6);
}
int cyw43_tcpip_link_status(cyw43_t *self, int interface) { DEMAND(self == &cyw43_state && interface == CYW43_ITF_STA); point(); return pico.joined ? CYW43_LINK_NOIP : CYW43_LINK_DOWN; }
int cyw43_wifi_get_mac(cyw43_t *self, int interface, uint8_t mac[6]) { DEMAND(interface == CYW43_ITF_STA); point(); memcpy(mac, self->mac, 6); return 0; }
int cyw43_ioctl(cyw43_t *self, uint32_t command, size_t length, uint8_t *buffer, uint32_t interface)
{
	DEMAND(self == &cyw43_state && command == CYW43_IOCTL_SET_VAR && interface == CYW43_ITF_STA && length == 13 && strcmp((char *)buffer, "allmulti") == 0);
	pico.all = (int)(buffer[9] | buffer[10] << 8 | buffer[11] << 16);
	return point() ? -1 : 0;
}

/* cyw43-driver's glue to lwIP, and its sending. */
void __real_cyw43_cb_process_ethernet(void *data, int interface, size_t length, const uint8_t *frame) { DEMAND(data == &cyw43_state && frame && length && interface <= 1); pico.lwipFrames++; }
void __real_cyw43_cb_tcpip_set_link_up(cyw43_t *self, int interface) { DEMAND(self == &cyw43_state && interface <= 1); pico.lwipUps++; }
void __real_cyw43_cb_tcpip_set_link_down(cyw43_t *self, int interface) { DEMAND(self == &cyw43_state && interface <= 1); pico.lwipDowns++; }
int __real_cyw43_send_ethernet(cyw43_t *self, int interface, size_t length, const void *frame, bool pbuf)
{
	DEMAND(self == &cyw43_state && length >= NIC_FRAME_LEAST && length <= NIC_FRAME_MOST);
	if (point() || pico.answer)
		return pico.answer ? pico.answer : -1;
	pico.us += pico.takes;
	pico.interface = interface;
	if (!pbuf)
		memcpy(pico.left, frame, pico.leftLength = length);
	return 0;
}

/* The driver's interrupt: what it has lies in a buffer that is its own again afterwards. */
static void frameComesTo(int interface, uint32_t length)
{
	uint8_t buffer[NIC_FRAME_MOST + 8];
	if (!pico.up || !pico.joined)
		return;
	if (interface == CYW43_ITF_STA && nic.open)
		fillFrame(buffer, length);
	int before = world.aside;
	world.aside = 1;
	__wrap_cyw43_cb_process_ethernet(&cyw43_state, interface, length, buffer);
	world.aside = before;
	memset(buffer, 0xee, sizeof(buffer));
}

static void frameComes(uint32_t length) { frameComesTo(CYW43_ITF_STA, length); }
static void join(void) { pico.joined = 1; __wrap_cyw43_cb_tcpip_set_link_up(&cyw43_state, CYW43_ITF_STA); }
static void leave(void) { pico.joined = 0; __wrap_cyw43_cb_tcpip_set_link_down(&cyw43_state, CYW43_ITF_STA); }

static void mustOpen(void)
{
	const char *problem = openNic(&wifiDriver, NULL);
	if (problem)
		fprintf(stderr, "%s\n", problem);
	DEMAND(!problem && memcmp(nic.mac, "\x28\xcd\xc1\1\2\3", 6) == 0 && !nic.link && pico.users == 1);
}

static void openJoined(void)
{
	mustOpen();
	join();
	DEMAND(nic.link);
}

/* lwIP has what is not ours: the access point always, the station while we are closed. What it sends by our interface is lost, and it is told that it was sent. */
static void beside(void)
{
	uint8_t frame[60] = { 0 };
	startAnew();
	pico_use_cyw43();
	cyw43_arch_enable_sta_mode();
	join();
	frameComes(60);
	DEMAND(pico.lwipFrames == 1 && pico.lwipUps > 0 && !nic.link && nic.put == nic.taken);
	DEMAND(__wrap_cyw43_send_ethernet(&cyw43_state, CYW43_ITF_STA, 60, frame, false) == 0 && pico.leftLength == 60);
	/* It has joined a network: we do not take that from it. */
	const char *problem = openNic(&wifiDriver, NULL);
	DEMAND(problem && strstr(problem, "joined a network already") && pico.users == 1 && !nic.open);
	leave();
	DEMAND(pico.lwipDowns > 0);
	pico_unuse_cyw43();
	pico.lwipDowns = 0;

	openJoined();
	DEMAND(pico.lwipDowns == 1);
	int ups = pico.lwipUps;
	pico.leftLength = 0;
	DEMAND(__wrap_cyw43_send_ethernet(&cyw43_state, CYW43_ITF_STA, 60, frame, true) == 0 && pico.leftLength == 0);
	DEMAND(__wrap_cyw43_send_ethernet(&cyw43_state, CYW43_ITF_AP, 60, frame, false) == 0 && pico.leftLength == 60 && pico.interface == CYW43_ITF_AP);
	frameComesTo(CYW43_ITF_AP, 60);
	DEMAND(pico.lwipFrames == 2 && nic.put == nic.taken);
	__wrap_cyw43_cb_tcpip_set_link_down(&cyw43_state, CYW43_ITF_AP);
	DEMAND(nic.link && pico.lwipDowns == 2);
	/* Moddable's WiFi class asks lwIP's glue for the link. */
	leave();
	DEMAND(!nic.link && pico.lwipDowns == 3);
	__wrap_cyw43_cb_tcpip_set_link_up(&cyw43_state, CYW43_ITF_AP);
	DEMAND(!nic.link && pico.lwipUps == ups + 1);
	closeNic(&wifiDriver);
	DEMAND(pico.users == 0);
}

static void sends(void)
{
	uint8_t frame[NIC_FRAME_MOST];
	startAnew();
	openJoined();
	pico.takes = 500;
	for (uint32_t length = NIC_FRAME_LEAST; length <= NIC_FRAME_MOST; length += 50) {
		fillFrame(frame, length);
		DEMAND(wifiDriver.transmit(&nic, frame, length) == NIC_SENT && pico.leftLength == length && memcmp(pico.left, frame, length) == 0);
	}
	DEMAND(nic.counters[NIC_STALLS] == 0);
	/* Without credit. */
	pico.takes = 30000;
	DEMAND(wifiDriver.transmit(&nic, frame, 60) == NIC_SENT && nic.counters[NIC_STALLS] == 1);
	pico.answer = -2;
	DEMAND(wifiDriver.transmit(&nic, frame, 60) == NIC_FAILED);
	pico.answer = 0;
	wifiDriver.multicast(&nic, 1);
	DEMAND(pico.all == 1);
	wifiDriver.multicast(&nic, 0);
	DEMAND(pico.all == 0);
	closeNic(&wifiDriver);
}

static void failures(void)
{
	startAnew();
	pico.dead = 1;
	const char *problem = openNic(&wifiDriver, NULL);
	DEMAND(problem && strstr(problem, "does not answer") && pico.users == 0 && !nic.open && !nic.copies);
	pico.dead = 0;
	int opened = 0;
	for (int at = 1; !opened; at++) {
		startAnew();
		world.failAt = at;
		problem = openNic(&wifiDriver, NULL);
		int calls = world.calls;
		world.failAt = 0;
		if (problem)
			DEMAND(strlen(problem) > 20 && pico.users == 0 && !nic.open && !nic.told && !nic.copies);
		else {
			opened = calls < at;
			closeNic(&wifiDriver);
		}
		DEMAND(pico.users == 0 && at < 100);
	}
}

/* Nobody is ever busy here, nor inside when the machine closes. */
static void never(void)
{
	startAnew();
	mustOpen();
	nicSoon(&nic);
	nicPause();
	DEMAND(world.messages == 0 && nic.open);
	closeNic(&wifiDriver);
}

int main(void)
{
	framesPass(&wifiDriver);
	beside();
	sends();
	failures();
	framesBetween(&wifiDriver);
	messagesLost(&wifiDriver);
	never();
	return 0;
}
