// SPI by PIO: two instructions a bit, so that the clock is half of the state machine's. RP2040 datasheet §3.4.2 to 3.4.5 (the instructions), §3.5.4 (automatic push and pull).

#include "pico-pio.h"

#include "hardware/clocks.h"
#include "hardware/gpio.h"

/* Entries of each FIFO (§3.2.1). */
#define FIFO 4

/* The clock is side-set. It waits low, in the first instruction, while there is nothing to send; the chip takes what it hears when it rises, and so does the state machine. */
static const uint16_t instructions[] = {
	0x6001, /* out pins, 1  side 0 */
	0x5001, /* in pins, 1   side 1 */
};
static const pio_program_t program = { .instructions = instructions, .length = 2, .origin = -1 };

int pioSpiOpen(PioSpi *spi, const SpiPins *pins)
{
	uint clock = (uint)pins->clock, out = (uint)pins->out, in = (uint)pins->in;
	if (!pio_claim_free_sm_and_add_program_for_gpio_range(&program, &spi->pio, &spi->sm, &spi->offset, 0, 30, true))
		return 0;
	pio_sm_config config = pio_get_default_sm_config();
	sm_config_set_wrap(&config, spi->offset, spi->offset + 1);
	sm_config_set_sideset(&config, 1, false, false);
	sm_config_set_sideset_pins(&config, clock);
	sm_config_set_out_pins(&config, out, 1);
	sm_config_set_in_pins(&config, in);
	/* Most significant bit first, a FIFO entry for each eight. */
	sm_config_set_out_shift(&config, false, true, 8);
	sm_config_set_in_shift(&config, false, true, 8);
	pio_sm_set_pins_with_mask(spi->pio, spi->sm, 0, 1u << clock | 1u << out);
	pio_sm_set_pindirs_with_mask(spi->pio, spi->sm, 1u << clock | 1u << out, 1u << clock | 1u << out | 1u << in);
	pio_gpio_init(spi->pio, clock);
	pio_gpio_init(spi->pio, out);
	pio_gpio_init(spi->pio, in);
	/* What the chip says follows our own clock: two cycles in the synchroniser would be half a bit (§3.5.6.3). */
	hw_set_bits(&spi->pio->input_sync_bypass, 1u << in);
	pio_sm_init(spi->pio, spi->sm, spi->offset, &config);
	pio_sm_set_enabled(spi->pio, spi->sm, true);
	return 1;
}

void pioSpiClose(PioSpi *spi)
{
	pio_sm_set_enabled(spi->pio, spi->sm, false);
	pio_remove_program_and_unclaim_sm(&program, spi->pio, spi->sm, spi->offset);
}

void pioSpiClock(PioSpi *spi, uint32_t hz)
{
	uint32_t source = clock_get_hz(clk_sys), divider = (uint32_t)((source + 2ull * hz - 1) / (2ull * hz));
	pio_sm_set_clkdiv_int_frac(spi->pio, spi->sm, (uint16_t)(divider > 0xffff ? 0xffff : divider ? divider : 1), 0);
}

uint32_t pioSpiExchange(PioSpi *spi, const uint8_t *out, uint8_t *in, uint32_t count, uint32_t idle)
{
	uint32_t sent = 0, came = 0, looks = 0;
	while (came < count && looks < idle) {
		/* Never more on their way than both FIFOs hold: the state machine never waits within a byte, with its clock high. */
		if (sent < count && sent - came < FIFO) {
			pio_sm_put(spi->pio, spi->sm, (uint32_t)(out ? out[sent] : 0) << 24);
			sent++;
		}
		if (pio_sm_is_rx_fifo_empty(spi->pio, spi->sm)) {
			looks++;
			continue;
		}
		uint8_t byte = (uint8_t)pio_sm_get(spi->pio, spi->sm);
		if (in)
			in[came] = byte;
		came++;
		looks = 0;
	}
	return came;
}

void pioSpiStop(PioSpi *spi)
{
	pio_sm_set_enabled(spi->pio, spi->sm, false);
	pio_sm_clear_fifos(spi->pio, spi->sm);
	pio_sm_restart(spi->pio, spi->sm);
	pio_sm_exec(spi->pio, spi->sm, pio_encode_jmp(spi->offset)); /* side 0 */
	pio_sm_set_enabled(spi->pio, spi->sm, true);
}
