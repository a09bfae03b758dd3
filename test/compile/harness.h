/*
 * Runs functions made from flat TypeScript: what to call stands in a file of records, what came of it goes into another. A batch defines
 * `static int32_t call(const int32_t *record, const FlatMemory *const *memories)` after this.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include "flat.h"

enum { MEMORIES = 2, ARGUMENTS = 10, GUARD = 32, MOST = 256, RETURNED = 0, OUTSIDE = 1, MISUSE = 2, SPOILT = 3, LATE = 4 };

/* So long may a call keep the processor, s: a loop whose bound is a promise that is broken may go round 2^31 times. */
#define PATIENCE 2

static jmp_buf escape;
/* What misuse was told with, as a hash. */
static uint32_t message;

static uint32_t hash(const uint8_t *bytes, int32_t size);
static FILE *results;

_Noreturn void flatOutside(const FlatMemory *memory, int64_t at, int64_t bytes)
{
	(void)memory;
	(void)at;
	(void)bytes;
	longjmp(escape, OUTSIDE);
}

_Noreturn void flatBeyond(const FlatMemory *memory)
{
	(void)memory;
	longjmp(escape, OUTSIDE);
}

_Noreturn void flatMisuse(const FlatMemory *memory, const char *format, ...)
{
	char text[200];
	va_list values;
	va_start(values, format);
	const int length = vsnprintf(text, sizeof text, format, values);
	va_end(values);
	(void)memory;
	message = hash((const uint8_t *)text, length < (int)sizeof text ? length : 0);
	longjmp(escape, MISUSE);
}

static void fill(uint8_t *bytes, int32_t size, uint32_t seed)
{
	for (int32_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static uint32_t hash(const uint8_t *bytes, int32_t size)
{
	uint32_t value = 0x811c9dc5u;
	for (int32_t i = 0; i < size; i++)
		value = (value ^ bytes[i]) * 0x01000193u;
	return value;
}

/* Results until then are told also when a sanitizer or a signal ends the program. */
static void flush(void)
{
	fflush(results);
}

static void crash(int number)
{
	flush();
	_Exit(128 + number);
}

static void late(int number)
{
	(void)number;
	longjmp(escape, LATE);
}

/* From now on; 0: never. */
static void lateAfter(int seconds)
{
	const struct itimerval timer = { .it_value = { .tv_sec = seconds } };
	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_set_death_callback(void (*callback)(void));

/* Of exactly that size, so that every byte beside it is found. */
static uint8_t *take(int32_t size)
{
	return malloc((size_t)size);
}

static int give(uint8_t *bytes, int32_t size)
{
	(void)size;
	free(bytes);
	return 1;
}
#else
static uint8_t *take(int32_t size)
{
	static _Alignas(8) uint8_t room[MEMORIES][GUARD + MOST + GUARD];
	static int next;
	uint8_t *bytes = room[next++ % MEMORIES];
	memset(bytes, 0xa5, GUARD);
	memset(bytes + GUARD + size, 0xa5, GUARD);
	return bytes + GUARD;
}

/* Whether nothing beside it was written. */
static int give(uint8_t *bytes, int32_t size)
{
	for (int i = 0; i < GUARD; i++)
		if (bytes[-1 - i] != 0xa5 || bytes[size + i] != 0xa5)
			return 0;
	return 1;
}
#endif

/* A record: what to call, the seed of the memories, their sizes, arguments (of a memory: which). */
static int32_t call(const int32_t *record, const FlatMemory *const *memories);

static void one(const int32_t *record)
{
	FlatMemory memories[MEMORIES];
	const FlatMemory *const given[MEMORIES] = { &memories[0], &memories[1] };
	volatile int32_t result[2 + MEMORIES] = { 0 };
	for (int i = 0; i < MEMORIES; i++) {
		memories[i] = (FlatMemory){ take(record[2 + i]), (uint32_t)record[2 + i], NULL };
		fill(memories[i].base, record[2 + i], (uint32_t)record[1] + (uint32_t)i);
	}
	result[0] = setjmp(escape);
	if (result[0] == RETURNED) {
		lateAfter(PATIENCE);
		result[1] = call(record, given);
	} else if (result[0] == MISUSE)
		result[1] = (int32_t)message;
	lateAfter(0);
	for (int i = 0; i < MEMORIES; i++) {
		result[2 + i] = (int32_t)hash(memories[i].base, record[2 + i]);
		if (!give(memories[i].base, record[2 + i]))
			result[0] = SPOILT;
	}
	const int32_t told[] = { result[0], result[1], result[2], result[3] };
	fwrite(told, sizeof told, 1, results);
}

int main(int count, char **arguments)
{
	FILE *records = count == 3 ? fopen(arguments[1], "rb") : NULL;
	results = count == 3 ? fopen(arguments[2], "wb") : NULL;
	if (records == NULL || results == NULL)
		return 2;
	signal(SIGSEGV, crash);
	signal(SIGBUS, crash);
	signal(SIGFPE, crash);
	signal(SIGILL, crash);
	/* Not blocked while it is handled, as it jumps out of that. */
	const struct sigaction ends = { .sa_handler = late, .sa_flags = SA_NODEFER };
	sigaction(SIGVTALRM, &ends, NULL);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(flush);
#endif
	int32_t record[2 + MEMORIES + ARGUMENTS];
	while (fread(record, sizeof record, 1, records) == 1)
		one(record);
	return fclose(results) == 0 ? 0 : 1;
}
