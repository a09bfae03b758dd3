// For Xtensa, which Debian's newlib does not know: XS's headers name the type.

#pragma once

#if defined(__XTENSA__)
typedef int jmp_buf[17];
#else
#include_next <machine/setjmp.h>
#endif
