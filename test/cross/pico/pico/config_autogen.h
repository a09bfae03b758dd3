// Stands for what the pico-sdk's CMake makes of the board's name.

#include "boards/pico.h"
