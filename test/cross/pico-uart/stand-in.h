// Stands for the pico-sdk and Moddable where drivers/bus/uart-pico.c is run on Linux (main.c): the few types and functions that it uses, in the shape of pico-sdk 2.2.0's headers. Every header that
// it includes is this one.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned int uint;

/* Moddable */
typedef struct Machine xsMachine;
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon);
void *c_calloc(size_t count, size_t size);
void c_free(void *memory);

/* Pins, interrupts, time */
#define NUM_BANK0_GPIOS 30
typedef enum { GPIO_FUNC_UART = 2, GPIO_FUNC_SIO = 5, GPIO_FUNC_NULL = 31 } gpio_function_t;
enum { GPIO_OUT = 1, clk_peri = 6 };
void gpio_init(uint pin);
void gpio_deinit(uint pin);
void gpio_set_function(uint pin, gpio_function_t function);
void gpio_put(uint pin, bool high);
void gpio_set_dir(uint pin, bool out);
void gpio_pull_up(uint pin);
typedef void (*irq_handler_t)(void);
irq_handler_t irq_get_exclusive_handler(uint number);
void irq_set_exclusive_handler(uint number, irq_handler_t handler);
void irq_remove_handler(uint number, irq_handler_t handler);
void irq_set_enabled(uint number, bool enabled);
uint32_t save_and_disable_interrupts(void);
void restore_interrupts(uint32_t state);
typedef int32_t alarm_id_t;
alarm_id_t add_alarm_in_us(uint64_t us, int64_t (*callback)(alarm_id_t id, void *context), void *context, bool ifPast);
bool cancel_alarm(alarm_id_t alarm);
uint32_t time_us_32(void);
void tight_loop_contents(void);
uint32_t clock_get_hz(int clock);

/* The UART: registers whose reading or writing does something are looked at through functions. */
typedef struct {
	uint32_t flags_[1], data_[1], status_[1], icr, imsc, ifls;
} uart_hw_t;
#define fr flags_[uartFlags()]
#define dr data_[uartData()]
#define mis status_[uartStatus()]
int uartFlags(void);
int uartData(void);
int uartStatus(void);
/** Says which way the next access to the data register goes: who looks whether there is a byte reads it, who looks whether there is room writes. */
uint32_t uartAsks(int writes);
#define UART_UARTFR_RXFE_BITS uartAsks(0)
#define UART_UARTFR_TXFF_BITS uartAsks(1)
enum {
	UART_UARTFR_BUSY_BITS = 8, UART_UARTDR_FE_BITS = 0x100, UART_UARTDR_BE_BITS = 0x400, UART_UARTDR_OE_BITS = 0x800, UART_UARTIMSC_RXIM_BITS = 0x10,
	UART_UARTIMSC_TXIM_BITS = 0x20, UART_UARTMIS_TXMIS_BITS = 0x20, UART_UARTIMSC_RTIM_BITS = 0x40, UART_UARTIFLS_RXIFLSEL_LSB = 3, UART_UARTIFLS_TXIFLSEL_LSB = 0,
};
typedef struct Inst uart_inst_t;
#define UART_IRQ_NUM(UART) (20u + ((UART) == (uart_inst_t *)2))
uart_inst_t *uart_get_instance(uint number);
uart_hw_t *uart_get_hw(uart_inst_t *uart);
uint uart_init(uart_inst_t *uart, uint baud);
void uart_deinit(uart_inst_t *uart);
uint uart_set_baudrate(uart_inst_t *uart, uint baud);
void uart_set_hw_flow(uart_inst_t *uart, bool cts, bool rts);
void hw_set_bits(uint32_t *address, uint32_t mask);
void hw_clear_bits(uint32_t *address, uint32_t mask);

#endif
