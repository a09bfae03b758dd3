// Stands for what the pico-sdk's CMake makes: no version is asked for.
