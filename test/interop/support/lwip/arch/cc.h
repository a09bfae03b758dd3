/* What lwIP asks of a compiler and a machine: gcc on Linux, where its own defaults do. */

#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdlib.h>

#define LWIP_RAND() ((u32_t)random())

#endif
