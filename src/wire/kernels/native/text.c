// Text and numbers as ASCII bytes. The twin is ../text.ts: a change here is a change there.

#include "buffer.h"

/* The next code point of a text as XS keeps it: UTF-8, in which NUL is C0 80 and half a surrogate pair may stand alone. */
static uint32_t nextCode(const uint8_t **text)
{
	const uint8_t *p = *text;
	uint32_t code = *p++;
	int more = code < 0xc0 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
	if (more)
		code &= 0x3f >> more;
	for (; more > 0 && *p; more--)
		code = code << 6 | (*p++ & 0x3f);
	*text = p;
	return code;
}

/* Argument 3, which may run JavaScript when it is no string: before the bytes are looked for. */
#define textArg() ((const uint8_t *)xsmcToString(dataArg(3)))

void xs_multihome_textPut(xsMachine *the)
{
	int at = intArg(1), end = intArg(2);
	const uint8_t *text = textArg();
	uint8_t *out = bytesOut(0, at, end), *start = out, *stop = out + (end - at);
	while (*text) {
		uint32_t code = nextCode(&text);
		if (out >= stop) {
			xsmcSetInteger(xsResult, -1);
			return;
		}
		*out++ = code > 0 && code < 0x80 ? (uint8_t)code : '?';
	}
	xsmcSetInteger(xsResult, at + (int)(out - start));
}

/* One UTF-16 unit, as JSON has it. NULL when it does not fit. */
static uint8_t *unit(uint8_t *out, const uint8_t *stop, uint32_t code)
{
	if (code >= 32 && code < 127 && code != '"' && code != '\\') {
		if (out + 1 > stop)
			return NULL;
		*out++ = (uint8_t)code;
		return out;
	}
	if (out + 6 > stop)
		return NULL;
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = (uint8_t)"0123456789abcdef"[code >> shift & 15];
	return out;
}

void xs_multihome_jsonPut(xsMachine *the)
{
	int at = intArg(1), end = intArg(2);
	const uint8_t *text = textArg();
	uint8_t *out = bytesOut(0, at, end), *start = out, *stop = out + (end - at) - 1;
	if (end - at < 2)
		xsRangeError("bytes %d to %d: expected room for two quotes", at, end);
	int cut = 0;
	*out++ = '"';
	while (*text && !cut) {
		uint32_t code = nextCode(&text);
		uint8_t *next = NULL;
		if (code <= 0xffff)
			next = unit(out, stop, code);
		else if (stop - out >= 12) /* a pair, both or neither */
			next = unit(unit(out, stop, 0xd800 + ((code - 0x10000) >> 10)), stop, 0xdc00 + (code & 0x3ff));
		if (next)
			out = next;
		else
			cut = 1;
	}
	*out++ = '"';
	at += (int)(out - start);
	xsmcSetInteger(xsResult, cut ? ~at : at);
}

void xs_multihome_numberPut(xsMachine *the)
{
	int at = intArg(1), end = intArg(2);
	double value = xsmcToNumber(dataArg(3));
	uint8_t *out = bytesOut(0, at, end);
	char digits[17];
	int count = 0, minus = 0;
	uint64_t rest = 0;
	/* Not so for NaN, either. */
	if (value >= -9007199254740991.0 && value <= 9007199254740991.0) {
		minus = value <= -1;
		rest = (uint64_t)(minus ? -value : value > 0 ? value : 0);
	}
	do {
		digits[count++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (end - at < count + minus) {
		xsmcSetInteger(xsResult, -1);
		return;
	}
	if (minus)
		*out++ = '-';
	for (int i = count; i > 0; i--)
		*out++ = (uint8_t)digits[i - 1];
	xsmcSetInteger(xsResult, at + minus + count);
}
