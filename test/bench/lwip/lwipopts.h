/* lwIP over a TAP, as its own ports set it up for speed: no operating system, pools of its own, its fastest checksum in C. SEGMENTS is the window. */

#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define MEM_ALIGNMENT 8
#define MEM_SIZE (1 << 20)
#define PBUF_POOL_SIZE 256
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_TCP_SEG 256
#define MEMP_NUM_PBUF 256

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ETHERNET 1
#define LWIP_ARP 1
#define LWIP_UDP 0
#define LWIP_TCP 1
#define TCP_MSS 1460
#define TCP_WND (SEGMENTS * TCP_MSS)
#define TCP_SND_BUF (SEGMENTS * TCP_MSS)
#define TCP_SND_QUEUELEN (4 * SEGMENTS)
#define TCP_QUEUE_OOSEQ 1
#define LWIP_CHKSUM_ALGORITHM 3

#define LWIP_STATS 0

#endif
