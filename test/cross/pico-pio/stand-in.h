// Stands for the headers of the pico-sdk that pico-pio.c includes.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stdint.h>

typedef unsigned int uint;

typedef struct {
	uint32_t input_sync_bypass;
} pio_hw_t;
typedef pio_hw_t *PIO;

typedef struct {
	const uint16_t *instructions;
	uint8_t length;
	int8_t origin;
} pio_program_t;

typedef struct {
	uint wrapTarget, wrap, sideBits, sidePin, outPin, outCount, inPin, outThreshold, inThreshold;
	bool optional, pindirs, outRight, inRight, autopull, autopush;
} pio_sm_config;

bool pio_claim_free_sm_and_add_program_for_gpio_range(const pio_program_t *program, PIO *pio, uint *sm, uint *offset, uint base, uint count, bool setBase);
void pio_remove_program_and_unclaim_sm(const pio_program_t *program, PIO pio, uint sm, uint offset);
pio_sm_config pio_get_default_sm_config(void);
void sm_config_set_wrap(pio_sm_config *c, uint target, uint wrap);
void sm_config_set_sideset(pio_sm_config *c, uint bits, bool optional, bool pindirs);
void sm_config_set_sideset_pins(pio_sm_config *c, uint pin);
void sm_config_set_out_pins(pio_sm_config *c, uint pin, uint count);
void sm_config_set_in_pins(pio_sm_config *c, uint pin);
void sm_config_set_out_shift(pio_sm_config *c, bool right, bool autopull, uint threshold);
void sm_config_set_in_shift(pio_sm_config *c, bool right, bool autopush, uint threshold);
void pio_sm_set_pins_with_mask(PIO pio, uint sm, uint32_t values, uint32_t mask);
void pio_sm_set_pindirs_with_mask(PIO pio, uint sm, uint32_t values, uint32_t mask);
void pio_gpio_init(PIO pio, uint pin);
void hw_set_bits(uint32_t *address, uint32_t mask);
void pio_sm_init(PIO pio, uint sm, uint pc, const pio_sm_config *config);
void pio_sm_set_enabled(PIO pio, uint sm, bool enabled);
void pio_sm_set_clkdiv_int_frac(PIO pio, uint sm, uint16_t divider, uint8_t fraction);
void pio_sm_put(PIO pio, uint sm, uint32_t word);
uint32_t pio_sm_get(PIO pio, uint sm);
bool pio_sm_is_rx_fifo_empty(PIO pio, uint sm);
void pio_sm_clear_fifos(PIO pio, uint sm);
void pio_sm_restart(PIO pio, uint sm);
void pio_sm_exec(PIO pio, uint sm, uint instruction);
uint pio_encode_jmp(uint address);

enum { clk_sys };
uint32_t clock_get_hz(int clock);

#endif
