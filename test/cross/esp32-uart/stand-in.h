// Stands for ESP-IDF and Moddable where drivers/bus/uart-esp32.c is run on Linux (main.c): the few types and functions that it uses, in the shape of ESP-IDF 6.0's
// headers, with the UARTs and pins of an ESP32. Every header that it includes is this one.

#ifndef STAND_IN_H
#define STAND_IN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IRAM_ATTR
typedef int esp_err_t;
enum { ESP_OK = 0, ESP_FAIL = -1, ESP_ERR_NO_MEM = 0x101, ESP_ERR_INVALID_STATE = 0x103 };

/* Moddable */
typedef struct Machine xsMachine;
typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t messageLength);
int modMessagePostToMachineFromISR(xsMachine *the, modMessageDeliver callback, void *refcon);

/* FreeRTOS */
typedef int portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED 0
void portENTER_CRITICAL(portMUX_TYPE *lock);
void portEXIT_CRITICAL(portMUX_TYPE *lock);
void portENTER_CRITICAL_SAFE(portMUX_TYPE *lock);
void portEXIT_CRITICAL_SAFE(portMUX_TYPE *lock);
void portENTER_CRITICAL_ISR(portMUX_TYPE *lock);
void portEXIT_CRITICAL_ISR(portMUX_TYPE *lock);
void portYIELD_FROM_ISR(void);

/* Memory, flash, interrupts, timers */
#define MALLOC_CAP_8BIT 4
#define MALLOC_CAP_INTERNAL 2048
void *heap_caps_calloc(size_t count, size_t size, uint32_t caps);
void heap_caps_free(void *memory);
bool spi_flash_cache_enabled(void);
#define ESP_INTR_FLAG_IRAM 1024
typedef struct Interrupt *intr_handle_t;
esp_err_t esp_intr_alloc(int source, int flags, void (*handler)(void *context), void *context, intr_handle_t *handle);
esp_err_t esp_intr_free(intr_handle_t handle);
typedef struct Timer *esp_timer_handle_t;
typedef struct {
	void (*callback)(void *context);
	void *arg;
	const char *name;
} esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *timer);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us);
esp_err_t esp_timer_stop(esp_timer_handle_t timer);
esp_err_t esp_timer_delete(esp_timer_handle_t timer);
int64_t esp_timer_get_time(void);
void esp_rom_delay_us(uint32_t us);

/* GPIO of the ESP32: no 20, 24 and 28 to 31; 34 to 39 are inputs only. */
typedef int gpio_num_t;
typedef enum { GPIO_MODE_INPUT, GPIO_MODE_OUTPUT } gpio_mode_t;
#define GPIO_IS_VALID_GPIO(PIN) ((PIN) >= 0 && (PIN) < 40 && (PIN) != 20 && (PIN) != 24 && !((PIN) >= 28 && (PIN) <= 31))
#define GPIO_IS_VALID_OUTPUT_GPIO(PIN) (GPIO_IS_VALID_GPIO(PIN) && (PIN) < 34)
esp_err_t gpio_reset_pin(gpio_num_t pin);
esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level);
esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode);
bool esp_gpio_is_reserved(uint64_t mask);
uint64_t esp_gpio_reserve(uint64_t mask);
uint64_t esp_gpio_revoke(uint64_t mask);

/* ESP-IDF's driver */
#define SOC_UART_HP_NUM 3
#define UART_HW_FIFO_LEN(PORT) 128
typedef int uart_port_t;
enum { UART_DATA_8_BITS = 3, UART_PARITY_DISABLE = 0, UART_STOP_BITS_1 = 1, UART_SCLK_DEFAULT = 4 };
typedef enum { UART_HW_FLOWCTRL_DISABLE, UART_HW_FLOWCTRL_RTS, UART_HW_FLOWCTRL_CTS, UART_HW_FLOWCTRL_CTS_RTS } uart_hw_flowcontrol_t;
typedef struct {
	int baud_rate, data_bits, parity, stop_bits;
	uart_hw_flowcontrol_t flow_ctrl;
	uint8_t rx_flow_ctrl_thresh;
	int source_clk;
} uart_config_t;
esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config);
esp_err_t uart_set_pin(uart_port_t port, int tx, int rx, int rts, int cts);
esp_err_t uart_set_baudrate(uart_port_t port, uint32_t baud);
bool uart_is_driver_installed(uart_port_t port);
esp_err_t uart_driver_install(uart_port_t port, int receive, int send, int queue, void *handle, int flags);
esp_err_t uart_driver_delete(uart_port_t port);

/* The HAL */
enum { SOC_UART_PERIPH_SIGNAL_TX, SOC_UART_PERIPH_SIGNAL_RX };
typedef struct { int8_t default_gpio; } uart_periph_sig_t;
typedef struct { uart_periph_sig_t pins[2]; int irq; } uart_signal_conn_t;
extern const uart_signal_conn_t uart_periph_signal[SOC_UART_HP_NUM];
enum {
	UART_INTR_RXFIFO_FULL = 1, UART_INTR_TXFIFO_EMPTY = 2, UART_INTR_FRAM_ERR = 8, UART_INTR_RXFIFO_OVF = 16, UART_INTR_BRK_DET = 128, UART_INTR_RXFIFO_TOUT = 256,
	UART_LL_INTR_MASK = 0x7ffff,
};
typedef struct UartRegisters uart_dev_t;
extern uart_dev_t *const uarts[SOC_UART_HP_NUM];
#define UART_LL_GET_HW(PORT) uarts[PORT]
uint32_t uart_ll_get_intsts_mask(uart_dev_t *hw);
uint32_t uart_ll_get_intr_ena_status(uart_dev_t *hw);
void uart_ll_clr_intsts_mask(uart_dev_t *hw, uint32_t mask);
void uart_ll_ena_intr_mask(uart_dev_t *hw, uint32_t mask);
void uart_ll_disable_intr_mask(uart_dev_t *hw, uint32_t mask);
uint32_t uart_ll_get_rxfifo_len(uart_dev_t *hw);
void uart_ll_read_rxfifo(uart_dev_t *hw, uint8_t *bytes, uint32_t count);
uint32_t uart_ll_get_txfifo_len(uart_dev_t *hw);
void uart_ll_write_txfifo(uart_dev_t *hw, const uint8_t *bytes, uint32_t count);
void uart_ll_rxfifo_rst(uart_dev_t *hw);
void uart_ll_txfifo_rst(uart_dev_t *hw);
void uart_ll_set_rxfifo_full_thr(uart_dev_t *hw, uint16_t count);
void uart_ll_set_txfifo_empty_thr(uart_dev_t *hw, uint16_t count);
void uart_ll_set_rx_tout(uart_dev_t *hw, uint16_t bits);
bool uart_ll_is_tx_idle(uart_dev_t *hw);

#endif
