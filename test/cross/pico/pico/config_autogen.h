// Stands for what the pico-sdk's CMake makes of the board's name.

#ifndef BOARD_HEADER
#define BOARD_HEADER "boards/pico.h"
#endif
#include BOARD_HEADER
