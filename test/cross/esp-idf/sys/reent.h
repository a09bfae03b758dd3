// Debian's newlib declares this variable otherwise than the one that ESP-IDF 6.0 is made for.

#pragma once

#define _global_impure_ptr otherImpurePointer
#include "/usr/include/newlib/sys/reent.h"
#undef _global_impure_ptr
extern struct _reent *_global_impure_ptr;
