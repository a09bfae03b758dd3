// The bus on RP2040 and RP2350, over the pico-sdk: SPI with two DMA channels per controller, GPIO interrupts that are posted to the machine. The third controller is a state machine of
// PIO (pico-pio.c), which reaches all pins.

#include "bus.h"
#include "pico-pio.h"

#include "xsmc.h"
#include "xsHost.h"

#include "hardware/dma.h"
#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/spi.h"
#include "hardware/sync.h"
#include "hardware/timer.h"

/* A firmware's header says whether it has SPI by PIO (build/firmware.mjs); without one it has. */
#if __has_include("multihome-parts.h")
#include "multihome-parts.h"
#else
#define MULTIHOME_PIO 1
#endif

#define CONTROLLERS 3
#define BY_PIO 2
/* Chips at the same time. */
#define CHIPS 4
/* Entries of the FIFOs. RP2040 datasheet §4.4.2.2. */
#define FIFO 8
/* Looks for a byte before it is given up. One takes four cycles at least, so at 133 MHz this is 600 us; a byte takes 80 us at 100 kHz. */
#define IDLE 20000

struct Spi {
	SpiPins pins;
	spi_inst_t *controller; /* NULL: by PIO */
	xsMachine *machine;
	void (*callback)(void *context);
	void (*atOnce)(void *context); /* in the handler of the interrupt */
	void *context;
	uint32_t moving; /* bytes that the DMA moves */
	uint8_t used;
	volatile uint8_t pending; /* a message to the machine is on its way */
};

typedef struct {
	uint32_t hz; /* as set last, and the mode; 0 while not in use */
	uint8_t mode;
	uint8_t users;
	volatile uint8_t selected; /* a transaction is under way */
	uint8_t out, in; /* DMA channels */
	int16_t clockPin, outPin, inPin;
} Controller;

static Spi chips[CHIPS];
static Controller controllers[CONTROLLERS];
static PioSpi byPio;
/* Chips that listen to their interrupt pin. One handler serves all: the SDK has room for four. */
static uint8_t listening;

/* Moddable's own table of pins in use, where its io modules are part of the firmware. */
extern uint8_t builtinArePinsFree(uint32_t bank, uint32_t pins) __attribute__((weak));
extern uint8_t builtinUsePins(uint32_t bank, uint32_t pins) __attribute__((weak));
extern void builtinFreePins(uint32_t bank, uint32_t pins) __attribute__((weak));

static int isByPio(const Spi *spi)
{
	return MULTIHOME_PIO && !spi->controller;
}

static int isOwn(const SpiPins *pins, int pin)
{
	return pin == pins->select || pin == pins->interrupt || pin == pins->reset;
}

static int isShared(const SpiPins *pins, int pin)
{
	return pin == pins->clock || pin == pins->out || pin == pins->in;
}

static int isFree(int pin)
{
	for (const Spi *spi = chips; spi < chips + CHIPS; spi++)
		if (spi->used && (isOwn(&spi->pins, pin) || isShared(&spi->pins, pin)))
			return 0;
	return !builtinArePinsFree || builtinArePinsFree((uint32_t)pin >> 5, 1u << (pin & 31));
}

/* The controller's pins may be another chip's too, but not as its own. */
static int isOthers(int pin)
{
	for (const Spi *spi = chips; spi < chips + CHIPS; spi++)
		if (spi->used && isOwn(&spi->pins, pin))
			return 1;
	return 0;
}

static void use(int pin)
{
	if (pin != NO_PIN && builtinUsePins)
		builtinUsePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

static void letGo(int pin)
{
	if (pin == NO_PIN)
		return;
	gpio_deinit((uint)pin);
	if (builtinFreePins)
		builtinFreePins((uint32_t)pin >> 5, 1u << (pin & 31));
}

/* GPIO functions, RP2040 datasheet §2.19.2: each pin belongs to one controller, as MISO, CS, SCK and MOSI in turn. */
static int isPinOf(int pin, int bus, int role)
{
	return pin >= 0 && pin < (int)NUM_BANK0_GPIOS && (pin >> 3 & 1) == bus && (pin & 3) == role;
}

static const char *checkPins(const SpiPins *pins)
{
	const Controller *controller = &controllers[pins->bus];
	if (isOthers(pins->clock) || isOthers(pins->out) || isOthers(pins->in))
		return "the clock, out or in pin is another chip's select, interrupt or reset pin";
	if (controller->users > 0 && (pins->clock != controller->clockPin || pins->out != controller->outPin || pins->in != controller->inPin))
		return "another chip has this controller with another clock, out or in pin";
	if (controller->users == 0 && !(isFree(pins->clock) && isFree(pins->out) && isFree(pins->in)))
		return "the clock, out or in pin is in use";
	const int16_t own[] = { pins->select, pins->interrupt, pins->reset };
	for (int i = 0; i < 3; i++) {
		if (own[i] == NO_PIN && i > 0)
			continue;
		if (own[i] < 0 || own[i] >= (int)NUM_BANK0_GPIOS)
			return "a pin has a number that this chip does not have";
		if (isShared(pins, own[i]) || (i > 0 && own[i] == own[0]) || (i == 2 && own[2] == own[1]))
			return "one pin is named twice";
		if (!isFree(own[i]))
			return i == 0 ? "the select pin is in use" : i == 1 ? "the interrupt pin is in use" : "the reset pin is in use";
	}
	return NULL;
}

/* One chip: its pins are nobody else's. */
static const char *checkByPio(const SpiPins *pins)
{
	const int16_t shared[] = { pins->clock, pins->out, pins->in };
	if (controllers[BY_PIO].users > 0)
		return "bus 2 has a chip already";
	for (int i = 0; i < 3; i++) {
		if (shared[i] < 0 || shared[i] >= (int)NUM_BANK0_GPIOS || shared[i] > 29 || !isFree(shared[i]))
			return "the clock, out or in pin is missing or in use: bus 2 takes any of 0 to 29";
		if (shared[i] == shared[(i + 1) % 3])
			return "one pin is named twice";
	}
	return checkPins(pins);
}

static const char *check(SpiPins *pins)
{
	static const uint8_t usual[BY_PIO][3] = { { 18, 19, 16 }, { 10, 11, 12 } };
	if (pins->bus < 0 || pins->bus >= CONTROLLERS)
		return "there is no such controller: expected bus 0 or 1, or 2, which is PIO";
	if (pins->bus == BY_PIO)
		return MULTIHOME_PIO ? checkByPio(pins) : "bus 2 is PIO, which is not in this firmware: name it in the board file";
	if (pins->clock == NO_PIN)
		pins->clock = usual[pins->bus][0];
	if (pins->out == NO_PIN)
		pins->out = usual[pins->bus][1];
	if (pins->in == NO_PIN)
		pins->in = usual[pins->bus][2];
	if (!isPinOf(pins->clock, pins->bus, 2))
		return "the clock pin is not an SCK of this controller: bus 0 has 2, 6, 18, 22; bus 1 has 10, 14, 26";
	if (!isPinOf(pins->out, pins->bus, 3))
		return "the out pin is not a TX (MOSI) of this controller: bus 0 has 3, 7, 19, 23; bus 1 has 11, 15, 27";
	if (!isPinOf(pins->in, pins->bus, 0))
		return "the in pin is not an RX (MISO) of this controller: bus 0 has 0, 4, 16, 20; bus 1 has 8, 12, 24, 28";
	return checkPins(pins);
}

/* Two channels of DMA, or none. The SDK stops the board where one is demanded and there is none. */
static int claimChannels(Controller *controller)
{
	int out = dma_claim_unused_channel(false), in = dma_claim_unused_channel(false);
	if (out < 0 || in < 0) {
		if (out >= 0)
			dma_channel_unclaim((uint)out);
		if (in >= 0)
			dma_channel_unclaim((uint)in);
		return 0;
	}
	controller->out = (uint8_t)out;
	controller->in = (uint8_t)in;
	return 1;
}

/* Answers what is wrong. */
static const char *openController(Spi *spi)
{
	const SpiPins *pins = &spi->pins;
	Controller *controller = &controllers[pins->bus];
	if (controller->users == 0) {
		if (!claimChannels(controller))
			return "no two channels of DMA are left";
		if (isByPio(spi) && !pioSpiOpen(&byPio, pins)) {
			dma_channel_unclaim(controller->out);
			dma_channel_unclaim(controller->in);
			return "no state machine of PIO is left, or no room for its program";
		}
		if (!isByPio(spi)) {
			spi_init(spi->controller, pins->hz);
			gpio_set_function((uint)pins->clock, GPIO_FUNC_SPI);
			gpio_set_function((uint)pins->out, GPIO_FUNC_SPI);
			gpio_set_function((uint)pins->in, GPIO_FUNC_SPI);
		}
		controller->clockPin = pins->clock;
		controller->outPin = pins->out;
		controller->inPin = pins->in;
		use(pins->clock);
		use(pins->out);
		use(pins->in);
	}
	controller->users++;
	return NULL;
}

static void drive(int pin, int high)
{
	if (pin == NO_PIN)
		return;
	gpio_init((uint)pin);
	gpio_put((uint)pin, high);
	gpio_set_dir((uint)pin, GPIO_OUT);
}

Spi *spiOpen(const SpiPins *pins, void *machine, const char **problem)
{
	Spi *spi = chips;
	while (spi < chips + CHIPS && spi->used)
		spi++;
	if (spi == chips + CHIPS) {
		*problem = "more chips than this bus has room for: at most 4";
		return NULL;
	}
	SpiPins wanted = *pins;
	*problem = check(&wanted);
	if (*problem)
		return NULL;
	*spi = (Spi){ .pins = wanted, .controller = wanted.bus == BY_PIO ? NULL : wanted.bus ? spi1 : spi0, .machine = machine, .used = 1 };
	*problem = openController(spi);
	if (*problem) {
		spi->used = 0;
		return NULL;
	}
	use(wanted.select);
	use(wanted.interrupt);
	use(wanted.reset);
	drive(wanted.select, 1);
	drive(wanted.reset, 1);
	if (wanted.interrupt != NO_PIN) {
		gpio_init((uint)wanted.interrupt);
		gpio_pull_up((uint)wanted.interrupt);
	}
	return spi;
}

void spiClose(Spi *spi)
{
	Controller *controller = &controllers[spi->pins.bus];
	spiOnInterrupt(spi, NULL, NULL);
	if (--controller->users == 0) {
		dma_channel_unclaim(controller->out);
		dma_channel_unclaim(controller->in);
		if (isByPio(spi))
			pioSpiClose(&byPio);
		else
			spi_deinit(spi->controller);
		letGo(spi->pins.clock);
		letGo(spi->pins.out);
		letGo(spi->pins.in);
		controller->hz = 0;
	}
	letGo(spi->pins.select);
	letGo(spi->pins.interrupt);
	letGo(spi->pins.reset);
	spi->used = 0;
}

/* The first time, and after another chip on this controller. */
static __attribute__((noinline)) void setRate(Spi *spi, Controller *controller)
{
	spi_cpol_t polarity = spi->pins.mode == 3 ? SPI_CPOL_1 : SPI_CPOL_0;
	if (isByPio(spi))
		pioSpiClock(&byPio, spi->pins.hz); /* mode 0, which every chip takes: a state machine makes no pause */
	else {
		spi_set_baudrate(spi->controller, spi->pins.hz);
		spi_set_format(spi->controller, 8, polarity, spi->pins.mode == 3 ? SPI_CPHA_1 : SPI_CPHA_0, SPI_MSB_FIRST);
	}
	controller->hz = spi->pins.hz;
	controller->mode = spi->pins.mode;
}

void spiSelect(Spi *spi)
{
	Controller *controller = &controllers[spi->pins.bus];
	controller->selected = 1;
	__compiler_memory_barrier(); /* from here on no handler changes the rate */
	if (controller->hz != spi->pins.hz || controller->mode != spi->pins.mode)
		setRate(spi, controller);
	gpio_put((uint)spi->pins.select, 0);
}

void spiDeselect(Spi *spi)
{
	gpio_put((uint)spi->pins.select, 1);
	controllers[spi->pins.bus].selected = 0;
}

/* After a transfer was given up: what is left in the FIFOs would be taken for bytes of the next one. */
static void drain(const Spi *spi)
{
	if (isByPio(spi)) {
		pioSpiStop(&byPio);
		return;
	}
	spi_hw_t *hw = spi_get_hw(spi->controller);
	for (uint32_t i = 0; i < IDLE && hw->sr & (SPI_SSPSR_BSY_BITS | SPI_SSPSR_RNE_BITS); i++)
		(void)hw->dr;
}

/* Answers how many bytes have come. */
static uint32_t exchange(spi_hw_t *hw, const uint8_t *out, uint8_t *in, uint32_t count)
{
	uint32_t sent = 0, came = 0, idle = 0;
	/* Never more on their way than the FIFO holds, so none is lost; registers are accessed by a few bytes at a time, which all find room. */
	for (; sent < count && sent < FIFO; sent++)
		hw->dr = out ? out[sent] : 0;
	while (came < count && idle < IDLE) {
		if (!(hw->sr & SPI_SSPSR_RNE_BITS)) {
			idle++;
			continue;
		}
		uint8_t byte = (uint8_t)hw->dr;
		if (in)
			in[came] = byte;
		came++;
		idle = 0;
		if (sent < count) {
			hw->dr = out ? out[sent] : 0;
			sent++;
		}
	}
	return came;
}

void spiExchange(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	uint32_t came = isByPio(spi) ? pioSpiExchange(&byPio, out, in, count, IDLE) : exchange(spi_get_hw(spi->controller), out, in, count);
	if (came >= count)
		return;
	drain(spi);
	if (in)
		for (; came < count; came++)
			in[came] = 0;
}

/* Both channels move bytes at the controller's pace; the one whose memory does not count stays at one byte. */
static void start(Spi *spi, const uint8_t *out, uint8_t *in, uint32_t count)
{
	static const uint8_t zero = 0;
	static uint8_t nowhere;
	const Controller *controller = &controllers[spi->pins.bus];
	/* Of a FIFO, the byte that is written lies in all four of its word, and what was shifted in is the lowest (§2.1.4, §3.5.4). */
	volatile void *to, *from;
	uint toDreq, fromDreq;
	if (isByPio(spi)) {
		to = &byPio.pio->txf[byPio.sm];
		from = (volatile void *)&byPio.pio->rxf[byPio.sm];
		toDreq = pio_get_dreq(byPio.pio, byPio.sm, true);
		fromDreq = pio_get_dreq(byPio.pio, byPio.sm, false);
	} else {
		to = from = &spi_get_hw(spi->controller)->dr;
		toDreq = spi_get_dreq(spi->controller, true);
		fromDreq = spi_get_dreq(spi->controller, false);
	}
	spi->moving = count;
	dma_channel_config sends = dma_channel_get_default_config(controller->out);
	channel_config_set_transfer_data_size(&sends, DMA_SIZE_8);
	channel_config_set_dreq(&sends, toDreq);
	channel_config_set_read_increment(&sends, out != NULL);
	channel_config_set_write_increment(&sends, false);
	dma_channel_configure(controller->out, &sends, to, out ? out : &zero, count, false);
	dma_channel_config receives = dma_channel_get_default_config(controller->in);
	channel_config_set_transfer_data_size(&receives, DMA_SIZE_8);
	channel_config_set_dreq(&receives, fromDreq);
	channel_config_set_read_increment(&receives, false);
	channel_config_set_write_increment(&receives, in != NULL);
	dma_channel_configure(controller->in, &receives, in ? in : &nowhere, from, count, false);
	dma_start_channel_mask(1u << controller->out | 1u << controller->in);
}

int spiOverlaps(Spi *spi)
{
	(void)spi;
	return 1;
}

void spiStartRead(Spi *spi, uint8_t *in, uint32_t count)
{
	start(spi, NULL, in, count);
}

void spiStartWrite(Spi *spi, const uint8_t *out, uint32_t count)
{
	start(spi, out, NULL, count);
}

uint32_t spiPassed(Spi *spi)
{
	/* Bytes come in order, and the last one has been stored when the channel is idle. */
	const Controller *controller = &controllers[spi->pins.bus];
	uint32_t left = dma_channel_hw_addr(controller->in)->transfer_count;
	if (left == 0)
		return dma_channel_is_busy(controller->in) ? spi->moving - 1 : spi->moving;
	/* The byte that was counted last may still be on its way to memory. */
	return spi->moving - left > 0 ? spi->moving - left - 1 : 0;
}

int spiFinish(Spi *spi)
{
	const Controller *controller = &controllers[spi->pins.bus];
	uint32_t started = time_us_32(), bound = 100 + (uint32_t)(32000000ull * spi->moving / spi->pins.hz);
	while (dma_channel_is_busy(controller->in)) {
		if (time_us_32() - started <= bound)
			continue;
		dma_channel_abort(controller->out);
		dma_channel_abort(controller->in);
		drain(spi);
		return 0;
	}
	return 1;
}

void spiReset(Spi *spi, int active)
{
	if (spi->pins.reset != NO_PIN)
		gpio_put((uint)spi->pins.reset, !active);
}

int spiInterrupted(Spi *spi)
{
	return spi->pins.interrupt == NO_PIN ? -1 : !gpio_get((uint)spi->pins.interrupt);
}

/* On the machine's own task. */
static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	Spi *spi = refcon;
	(void)machine;
	(void)message;
	(void)length;
	spi->pending = 0;
	if (spi->callback)
		(*spi->callback)(spi->context);
}

static void interrupted(void)
{
	for (Spi *spi = chips; spi < chips + CHIPS; spi++) {
		if (!spi->used || spi->pins.interrupt == NO_PIN || !(gpio_get_irq_event_mask((uint)spi->pins.interrupt) & GPIO_IRQ_EDGE_FALL))
			continue;
		gpio_acknowledge_irq((uint)spi->pins.interrupt, GPIO_IRQ_EDGE_FALL);
		if (spi->atOnce && spi->callback && !controllers[spi->pins.bus].selected)
			(*spi->atOnce)(spi->context);
		/* One message at a time: the pool has four. When it is full, the device's own look at the chip finds what waits. */
		if (spi->callback && !spi->pending && modMessagePostToMachineFromISR(spi->machine, deliver, spi) == 0)
			spi->pending = 1;
	}
}

void spiOnInterrupt(Spi *spi, void (*callback)(void *context), void *context)
{
	if (spi->pins.interrupt == NO_PIN)
		return;
	uint pin = (uint)spi->pins.interrupt;
	if (!!callback != !!spi->callback) {
		if (callback && listening++ == 0)
			irq_add_shared_handler(IO_IRQ_BANK0, interrupted, GPIO_RAW_IRQ_HANDLER_DEFAULT_ORDER_PRIORITY);
		else if (!callback && --listening == 0)
			irq_remove_handler(IO_IRQ_BANK0, interrupted);
	}
	uint32_t state = save_and_disable_interrupts();
	spi->callback = callback;
	spi->context = context;
	restore_interrupts(state);
	gpio_set_irq_enabled(pin, GPIO_IRQ_EDGE_FALL, callback != NULL);
	if (callback)
		irq_set_enabled(IO_IRQ_BANK0, true);
	/* It may have gone low before anybody asked to be told. An interrupt meanwhile would take the same message of the pool. */
	state = save_and_disable_interrupts();
	if (callback && spiInterrupted(spi) == 1 && !spi->pending && modMessagePostToMachineFromISR(spi->machine, deliver, spi) == 0)
		spi->pending = 1;
	restore_interrupts(state);
}

void spiAtInterrupt(Spi *spi, void (*atOnce)(void *context))
{
	spi->atOnce = atOnce;
}

void busWait(uint32_t microseconds)
{
	busy_wait_us_32(microseconds);
}

uint32_t busMicroseconds(void)
{
	return time_us_32();
}
