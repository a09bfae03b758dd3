/*
 * Where UARTs of simulated boards are wired: what uart.c (the lines, and who is at their far ends), uart-end.c (opening those), loop.c (their time) and
 * drivers/bus/uart-desktop.c (the UARTs themselves) share.
 */

#ifndef HOST_UART_LINE_H
#define HOST_UART_LINE_H

#include "host.h"
#include "uart.h"

#include <limits.h>

#define HOST_LINES 16
/* Bytes that may be on their way, each way: what the far end's driver has handed to its UART, and what has left ours. */
#define HOST_LINE_BYTES 4096

struct pollfd;

typedef struct {
	uint32_t start, end;
	uint64_t due; /* when the next byte has passed, ns */
	uint8_t bytes[HOST_LINE_BYTES];
} LineBuffer;

typedef enum { LINE_LOOSE, LINE_PTY, LINE_STREAM } LineKind;

/* The largest packet of a PPP frame with every byte escaped, and more. */
#define HOST_RECORD_BYTES 4096
/* What is to be recorded of a direction: 0 is inbound, 1 outbound. */
enum { RECORD_IN, RECORD_OUT };

typedef struct {
	uint32_t count;
	uint64_t last; /* when the last byte was recorded, ns */
	uint8_t bytes[HOST_RECORD_BYTES];
} LineRecord;

typedef struct HostLine {
	bool used;
	LineKind kind;
	int port;
	int fd; /* the far end; -1 for none */
	struct HostLine *peer; /* the UART at the far end, in this process */
	bool up; /* somebody is there */
	int64_t look; /* when to look for somebody, hostNanoseconds() */
	char path[PATH_MAX]; /* of a pty's slave */
	char link[PATH_MAX]; /* to it */
	/* The driver's, while it is open. */
	Uart *uart;
	bool sending; /* its ring has bytes */
	bool stops; /* RTS is wired: the far end waits while the ring is full */
	bool ready; /* DTR */
	uint64_t byteTime; /* of ten bits, ns */
	void (*callback)(void *context);
	void *context;
	bool pending; /* the driver is to be called */
	/* On their way. */
	LineBuffer in, out;
	/* Faults: probabilities of 2^32, the state of chance, and what the next byte that comes is. */
	uint32_t loss, flip, chance;
	uint32_t breaks, framingErrors;
	double counts[4]; /* received, sent, lost, flipped */
	/* file.c's descriptor of the file where its bytes go, or -1. */
	int recordFile;
	LineRecord records[2];
} HostLine;

/* The line at that port, or NULL. */
HostLine *hostLineAt(int port);
/* The line that an argument numbers; throws when there is none. */
HostLine *hostLineNumber(txMachine *the, int argument);

/* The lines' time, ns: that of the machine, or virtual from the first passTime on (chips.c). */
uint64_t hostLineTime(void);
bool hostTimeIsManual(void);

/* The driver put bytes into its send ring, or asks for room in it. */
void hostLineStart(HostLine *line);
/* What is in the send ring leaves at once, as far as the far end takes it: the process may be about to end. */
void hostLineDrain(HostLine *line);

/* uart-record.c */
void hostLineRecord(HostLine *line, int direction, uint8_t byte);
void hostLineRecordEnd(HostLine *line);

/* uart-end.c. What they cannot do they throw. */
void hostLineOpenPty(txMachine *the, HostLine *line, const char *link);
void hostLineOpenStream(txMachine *the, HostLine *line, const char *path);
/* Whether a pty's slave is open. */
bool hostLineIsThere(const HostLine *line);
void hostLineEnd(HostLine *line);

/* For the loop: moves bytes, and tells drivers. */
void hostLinesRun(txMachine *the);
/* When that should be done again, in hostNanoseconds(), or -1. */
int64_t hostLinesDue(void);
/* The descriptors to wait for, and how many. */
int hostLinesPoll(struct pollfd *polls);

#endif
