// Stands for the pico-sdk, cyw43-driver and Moddable where drivers/wifi/wifi-frames-pico.c and drivers/nic/nic-pico.c are run on Linux (main.c), in the shape of pico-sdk 2.2.0's
// headers.

#ifndef STAND_IN_H
#define STAND_IN_H

#include "../nic/harness.h"

/* For frames that wait. */
#define malloc(BYTES) (point() ? NULL : malloc(BYTES))

/* pico-sdk */
uint32_t save_and_disable_interrupts(void);
void restore_interrupts(uint32_t before);
uint32_t time_us_32(void);

/* Moddable's count of those who use the radio */
int pico_use_cyw43(void);
void pico_unuse_cyw43(void);

/* cyw43-driver 1.1 */
enum { CYW43_ITF_STA, CYW43_ITF_AP };
#define CYW43_LINK_DOWN 0
#define CYW43_LINK_JOIN 1
#define CYW43_LINK_NOIP 2
#define CYW43_IOCTL_SET_VAR 0x20f
typedef struct { uint8_t mac[6]; } cyw43_t;
extern cyw43_t cyw43_state;
void cyw43_arch_enable_sta_mode(void);
int cyw43_tcpip_link_status(cyw43_t *self, int interface);
int cyw43_wifi_get_mac(cyw43_t *self, int interface, uint8_t mac[6]);
int cyw43_ioctl(cyw43_t *self, uint32_t command, size_t length, uint8_t *buffer, uint32_t interface);

#endif
