// Runs drivers/bus/esp32*.c on Linux: below them is a stand-in for ESP-IDF that demands what ESP-IDF 6.0 demands. Prints nothing and ends with 0 when all is
// well. It says nothing about a real ESP32's pins and timing. Every call of the stand-in is a point at which it may fail, or at which the interrupt pin goes low.

#include "../../../drivers/bus/esp32.c"
#include "../../../drivers/bus/esp32-transfer.c"
#include "../../../drivers/bus/esp32-interrupt.c"

#include "idf-gpio.h"
#include "idf-spi.h"

#include "bytes.h"
#include "interrupts.h"
#include "points.h"
#include "pins.h"

int main(void)
{
	bytes(memory, memory + 4096, 200);
	bytes(psram, psram + 4096, 64);
	bytes(memory, psram + 4096, 200); /* only writing reaches it */
	starts();
	stuck();
	interrupts();
	takenAway();
	everyPoint();
	pins();
	resets();
	clocks();
	hangs();
	DEMAND(busMicroseconds() == 5);
	spiAtInterrupt(NULL, NULL); /* it asks nothing of the SDK */
	return 0;
}
