/*
 * The station's interface of a Pico W or Pico 2 W, beside cyw43-driver's own glue to lwIP. That glue is part of every firmware that Moddable makes for these boards;
 * manifest.json has the linker pass its calls by here (--wrap). While the interface is ours, lwIP hears of the link, as Moddable's WiFi class asks it, and of no frame,
 * and what it sends (DHCP) is dropped. Else all is as before.
 */

#include "nic.h"

#include "xsmc.h"
#include "xsHost.h"

#include "pico/cyw43_arch.h"
#include "pico/time.h"

/** A full frame takes about 0.5 ms to the chip. Without credit for another one cyw43-driver waits, a second at most. */
#define STALL_US 2000

static Nic nic;

void __real_cyw43_cb_process_ethernet(void *data, int interface, size_t length, const uint8_t *frame);
void __real_cyw43_cb_tcpip_set_link_up(cyw43_t *self, int interface);
void __real_cyw43_cb_tcpip_set_link_down(cyw43_t *self, int interface);
int __real_cyw43_send_ethernet(cyw43_t *self, int interface, size_t length, const void *frame, bool pbuf);
void __wrap_cyw43_cb_process_ethernet(void *data, int interface, size_t length, const uint8_t *frame);
void __wrap_cyw43_cb_tcpip_set_link_up(cyw43_t *self, int interface);
void __wrap_cyw43_cb_tcpip_set_link_down(cyw43_t *self, int interface);
int __wrap_cyw43_send_ethernet(cyw43_t *self, int interface, size_t length, const void *frame, bool pbuf);

static int isOurs(int interface)
{
	return interface == CYW43_ITF_STA && nic.open;
}

/* In an interrupt of the lowest priority, or within a call of cyw43-driver. */
void __wrap_cyw43_cb_process_ethernet(void *data, int interface, size_t length, const uint8_t *frame)
{
	if (isOurs(interface))
		nicHand(&nic, frame, length, NULL);
	else
		__real_cyw43_cb_process_ethernet(data, interface, length, frame);
}

void __wrap_cyw43_cb_tcpip_set_link_up(cyw43_t *self, int interface)
{
	if (isOurs(interface))
		nicLink(&nic, 1);
	__real_cyw43_cb_tcpip_set_link_up(self, interface);
}

void __wrap_cyw43_cb_tcpip_set_link_down(cyw43_t *self, int interface)
{
	if (isOurs(interface))
		nicLink(&nic, 0);
	__real_cyw43_cb_tcpip_set_link_down(self, interface);
}

/* What lwIP sends. */
int __wrap_cyw43_send_ethernet(cyw43_t *self, int interface, size_t length, const void *frame, bool pbuf)
{
	return isOurs(interface) ? 0 : __real_cyw43_send_ethernet(self, interface, length, frame, pbuf);
}

static const char *start(Nic *ours, const int32_t *options)
{
	static const uint8_t none[6];
	(void)options;
	if (pico_use_cyw43() != 0)
		return "cyw43-driver cannot be started; is there memory for it?";
	const char *problem = NULL;
	if (cyw43_tcpip_link_status(&cyw43_state, CYW43_ITF_STA) > CYW43_LINK_DOWN)
		problem = "has joined a network already, for lwIP: leave it first, or leave config.ssid out of the manifest";
	else {
		cyw43_arch_enable_sta_mode();
		cyw43_wifi_get_mac(&cyw43_state, CYW43_ITF_STA, ours->mac);
		if (memcmp(ours->mac, none, sizeof(none)) == 0)
			problem = "the radio does not answer; is this a Pico W or Pico 2 W?";
		/* Nothing new to lwIP; but without the linker's part in this, no firmware is linked. */
		__real_cyw43_cb_tcpip_set_link_down(&cyw43_state, CYW43_ITF_STA);
	}
	if (problem)
		pico_unuse_cyw43();
	return problem;
}

static int transmit(Nic *ours, uint8_t *frame, uint32_t length)
{
	uint32_t begun = time_us_32();
	int status = __real_cyw43_send_ethernet(&cyw43_state, CYW43_ITF_STA, length, frame, false);
	if (time_us_32() - begun > STALL_US)
		ours->counters[NIC_STALLS]++;
	return status == 0 ? NIC_SENT : NIC_FAILED;
}

/* The firmware's variable "allmulti", a number of four bytes after its name. Without it the chip passes the groups that lwIP has joined. */
static void multicast(Nic *ours, int on)
{
	uint8_t variable[] = "allmulti\0\0\0\0";
	(void)ours;
	variable[sizeof("allmulti")] = on != 0;
	cyw43_ioctl(&cyw43_state, CYW43_IOCTL_SET_VAR, sizeof("allmulti") + 4, variable, CYW43_ITF_STA);
}

static void stop(Nic *ours)
{
	(void)ours;
	pico_unuse_cyw43();
}

extern const NicDriver wifiDriver;
const NicDriver wifiDriver = { .name = "wifi", .nic = &nic, .copies = 1, .start = start, .transmit = transmit, .multicast = multicast, .stop = stop };
