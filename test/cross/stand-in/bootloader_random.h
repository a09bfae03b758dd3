/* Of ESP-IDF's components/bootloader_support/include/bootloader_random.h. */

#ifndef BOOTLOADER_RANDOM_H
#define BOOTLOADER_RANDOM_H

void bootloader_random_enable(void);
void bootloader_random_disable(void);

#endif
