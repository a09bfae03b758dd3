#pragma once /* Which parts of the data path there are: ../parts.ts. A firmware has a header that says so, which build/firmware.mjs makes; without one all are there. */
#if __has_include("multihome-parts.h")
#include "multihome-parts.h"
#else
enum { MULTIHOME_LINES = 1, MULTIHOME_PINGS = 1, MULTIHOME_RAW = 1, MULTIHOME_IPV6 = 1, MULTIHOME_FAST_OPEN = 1, MULTIHOME_VLAN = 1, MULTIHOME_ROUTER = 1, MULTIHOME_TUNNELS = 1 };
#endif
static inline int kernel_hasLines(void) { return MULTIHOME_LINES; }
static inline int kernel_hasIpv6(void) { return MULTIHOME_IPV6; }
static inline int kernel_hasRaw(void) { return MULTIHOME_RAW; }
static inline int kernel_hasFastOpen(void) { return MULTIHOME_FAST_OPEN; }
static inline int kernel_hasVlan(void) { return MULTIHOME_VLAN; }
static inline int kernel_hasRouter(void) { return MULTIHOME_ROUTER; }
static inline int kernel_hasTunnels(void) { return MULTIHOME_TUNNELS; }
static inline int kernel_hasPings(void) { return MULTIHOME_PINGS; }
