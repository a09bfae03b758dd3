// The interrupt pin of a chip on SPI on the ESP32 family: levels, not edges, posted to the machine.

#include "esp32-bus.h"

#include "hal/gpio_ll.h"

/* On the machine's own task. */
static void deliver(void *machine, void *refcon, uint8_t *message, uint16_t length)
{
	Spi *spi = refcon;
	(void)machine;
	(void)message;
	(void)length;
	__atomic_store_n(&spi->pending, 0, __ATOMIC_SEQ_CST);
	if (spi->callback)
		(*spi->callback)(spi->context);
}

/* One message at a time: the queue has ten. When it is full, the device's own look at the chip finds what waits. The form for interrupts never waits. */
static void post(Spi *spi)
{
	/* Noted before it is sent: on the other core it may be delivered at once. */
	if (spi->callback && !__atomic_exchange_n(&spi->pending, 1, __ATOMIC_SEQ_CST) && modMessagePostToMachineFromISR(spi->machine, deliver, spi) != 0)
		__atomic_store_n(&spi->pending, 0, __ATOMIC_SEQ_CST);
}

/*
 * ESP32 errata GPIO-3.14: of two pins with edge interrupts one may lose its edge while the other's is cleared. Levels are not lost: low is waited for, then high.
 * It lies in flash, as modMessagePostToMachineFromISR does: the GPIO service is installed so that it is not called while flash cannot be read. gpio_set_intr_type
 * takes a lock in the way of tasks; nobody else writes this pin's register, so that none is needed.
 */
static void interrupted(void *context)
{
	Spi *spi = context;
	spi->low = !spi->low;
	gpio_ll_set_intr_type(GPIO_LL_GET_HW(GPIO_PORT_0), (uint32_t)spi->pins.interrupt, spi->low ? GPIO_INTR_HIGH_LEVEL : GPIO_INTR_LOW_LEVEL);
	if (!spi->low)
		return;
	post(spi);
	/* Or the machine would begin with the next tick only. */
	portYIELD_FROM_ISR();
}

/* A pin that is low already calls at once. */
static void arm(Spi *spi)
{
	gpio_num_t pin = (gpio_num_t)spi->pins.interrupt;
	gpio_intr_disable(pin);
	spi->low = 0;
	gpio_set_intr_type(pin, GPIO_INTR_LOW_LEVEL);
	if (gpio_isr_handler_add(pin, interrupted, spi) != ESP_ERR_INVALID_STATE)
		return;
	/* Nobody has installed the service, or whoever had it has taken it away. Not callable while flash is written: see above. */
	if (gpio_install_isr_service(0) == ESP_OK)
		gpio_isr_handler_add(pin, interrupted, spi);
	/* Otherwise the device's own look at the chip finds what waits, and asks spiInterrupted, which tries again. */
}

/*
 * Moddable's Monitor (pins/digital/monitor) takes the GPIO service away with the last of its own pins, and all others' handlers with it. Then the pin is low or high,
 * and the handler has not seen it: it is armed anew. The same may show for a moment while the handler is about to run on the other core; that does no harm.
 */
int spiInterrupted(Spi *spi)
{
	if (spi->pins.interrupt == NO_PIN)
		return -1;
	int low = !gpio_get_level((gpio_num_t)spi->pins.interrupt);
	if (spi->callback && low != spi->low)
		arm(spi);
	return low;
}

void spiOnInterrupt(Spi *spi, void (*callback)(void *context), void *context)
{
	if (spi->pins.interrupt == NO_PIN)
		return;
	if (spi->callback)
		gpio_isr_handler_remove((gpio_num_t)spi->pins.interrupt);
	spi->callback = callback;
	spi->context = context;
	if (callback)
		arm(spi);
}

/* The bus is for tasks. */
void spiAtInterrupt(Spi *spi, void (*atOnce)(void *context))
{
	(void)spi;
	(void)atOnce;
}
