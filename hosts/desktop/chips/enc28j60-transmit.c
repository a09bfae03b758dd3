// How the ENC28J60 transmits: frames, padding, status vectors, flow control. Read enc28j60.h first.
// Sections, tables and registers are those of the datasheet DS39662, errata those of DS80349C.

#include "enc28j60.h"

#include <string.h>

#define STATUS_VECTOR 7 /* table 7-1 */
#define PREAMBLE 8
#define GAP 12
/* A transmission that takes no time ends so much later: the host sees TXRTS set. */
#define AT_ONCE_NS 1000

typedef struct {
	uint8_t bytes[CHIP_FRAME_MOST + FCS]; /* with FCS */
	uint32_t length; /* with FCS; more than fits in bytes for a giant */
	bool giant; /* longer than MAMXFL allows */
	bool fcsGood;
} Outgoing;

static uint32_t dataLength(const Enc *enc)
{
	return (enc->transmitEnd - enc->transmitFrom) & (MEMORY - 1);
}

/* Bytes to pad to, without FCS, by MACON3.PADCFG (register 6-2) or the control byte (figure 7-1). */
static uint32_t padTo(const Enc *enc, uint8_t control, uint32_t type)
{
	if (control & 1)
		return control & 4 ? 60 : 0;
	switch (enc->registers[MACON3] >> 5) {
	case 1:
		return 60;
	case 3:
	case 7:
		return 64;
	case 5:
		return type == 0x8100 ? 64 : 60;
	default:
		return 0;
	}
}

/* What goes on the wire, with complaints when `first`. */
static void gather(Enc *enc, Outgoing *out, bool first)
{
	uint8_t control = enc->memory[enc->transmitFrom], macon3 = enc->registers[MACON3];
	uint32_t length = dataLength(enc), most = sizeof(out->bytes);
	bool crc = control & 1 ? (control & 2) != 0 : (macon3 & TXCRCEN) != 0;
	bool huge = control & 1 ? (control & 8) != 0 : (macon3 & HFRMEN) != 0;
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < length && i < most; i++)
		out->bytes[i] = enc->memory[(enc->transmitFrom + 1 + i) & (MEMORY - 1)];
	uint32_t least = padTo(enc, control, encTypeOf(out->bytes));
	if (first && length == 0)
		encComplain(enc, "enc28j60: ETXND is 0x%04x like ETXST: there is no frame to transmit (7.1)", enc->transmitEnd);
	if (first && least && !crc)
		encComplain(enc, "enc28j60: a frame is to be padded, without TXCRCEN or PCRCEN (register 6-2)");
	length = length < least ? least : length;
	out->fcsGood = true;
	if (crc) {
		length += FCS;
		uint32_t fcs = length <= most ? chipCrc(out->bytes, length - FCS) : 0;
		for (uint32_t i = 0; i < FCS && length <= most; i++)
			out->bytes[length - FCS + i] = (uint8_t)(fcs >> 8 * i);
	} else {
		uint32_t fcs = length >= FCS && length <= most ? chipCrc(out->bytes, length - FCS) : 0;
		for (uint32_t i = 0; i < FCS && length >= FCS && length <= most; i++)
			out->fcsGood &= out->bytes[length - FCS + i] == (uint8_t)(fcs >> 8 * i);
		if (first && !out->fcsGood)
			encComplain(enc, "enc28j60: a frame is transmitted without an FCS (register 6-2)");
	}
	if (first && length && length < FRAME_LEAST + FCS)
		encComplain(enc, "enc28j60: a frame of %u bytes with FCS is transmitted, without padding (5.1.6)", length);
	out->giant = !huge && length > encPair(enc, MAMXFL);
	out->length = length;
	if (first && (out->giant || length > most))
		encComplain(enc, "enc28j60: a frame of %u bytes with FCS is to be transmitted, MAMXFL is %u (12.1.3)", length, encPair(enc, MAMXFL));
}

/* Table 7-1, behind the frame. */
static void writeStatus(Enc *enc, const Outgoing *out, bool done, bool late)
{
	uint32_t type = encTypeOf(out->bytes), length = out->length;
	uint64_t status = length | (uint64_t)length << 32;
	status |= (uint64_t)!out->fcsGood << 20 | (uint64_t)(length >= FRAME_LEAST && encLengthWrong(enc, out->bytes, length - FCS)) << 21;
	status |= (uint64_t)(type > 1500) << 22 | (uint64_t)done << 23 | (uint64_t)late << 29 | (uint64_t)out->giant << 30;
	if (memcmp(out->bytes, encBroadcast, 6) == 0)
		status |= 1ull << 25;
	else if (out->bytes[0] & 1)
		status |= 1ull << 24;
	status |= (uint64_t)encIsControl(out->bytes) << 48 | (uint64_t)encIsPause(out->bytes) << 49 | (uint64_t)(type == 0x8100) << 51;
	for (uint32_t i = 0; i < STATUS_VECTOR; i++)
		enc->memory[(enc->transmitEnd + 1 + i) & (MEMORY - 1)] = (uint8_t)(status >> 8 * i);
}

void encTransmitStart(Enc *enc)
{
	Outgoing out;
	enc->transmitFrom = encPair(enc, ETXST);
	enc->transmitEnd = encPair(enc, ETXND);
	enc->failed = false;
	gather(enc, &out, true);
	for (uint32_t i = 0; (enc->registers[ECON1] & RXEN) && i <= dataLength(enc) + STATUS_VECTOR; i++) {
		uint32_t at = (enc->transmitFrom + i) & (MEMORY - 1);
		if (!encInFree(enc, at))
			continue;
		encComplain(enc, "enc28j60: the frame at 0x%04x to 0x%04x and its status vector reach into the receive buffer (6.2)", enc->transmitFrom,
			enc->transmitEnd);
		break;
	}
	if (chipFaultOnce(&enc->chip, CHIP_TRANSMIT_STUCK))
		enc->stalled = true;
	if (enc->stalled) /* erratum 12 */
		return;
	/* There are no collisions in full duplex. */
	enc->collides = !(enc->registers[MACON3] & FULDPX) && chipFaultOnce(&enc->chip, CHIP_LATE_COLLISIONS);
	uint64_t from = enc->chip.now, takes = encLineNs(enc, 8 * (uint64_t)(PREAMBLE + out.length + GAP));
	if (enc->dmaAt != NEVER && enc->dmaAt > from)
		from = enc->dmaAt; /* they share the memory's port */
	if (enc->pausedUntil > from)
		from = enc->pausedUntil;
	enc->transmitAt = from + (takes ? takes : AT_ONCE_NS);
}

/* TXRTS is clear again. */
static void transmitOver(Enc *enc, uint8_t eir)
{
	enc->transmitAt = NEVER;
	enc->registers[EIR] |= eir;
	if (enc->dmaWaits) {
		enc->dmaWaits = false;
		encDmaStart(enc);
	}
}

void encTransmitCancel(Enc *enc, bool byReset)
{
	if (!enc->failed && !byReset) {
		Outgoing out;
		gather(enc, &out, false);
		writeStatus(enc, &out, false, false);
		enc->registers[ESTAT] |= TXABRT;
	}
	enc->failed = false;
	transmitOver(enc, TXIF); /* 12.1.4 */
}

void encTransmitEnd(Enc *enc)
{
	Outgoing out;
	bool late = enc->collides;
	gather(enc, &out, false);
	enc->collides = false;
	writeStatus(enc, &out, !late && !out.giant, late);
	if (late || out.giant) { /* 12.1.3 */
		/* Erratum 15: LATECOL does not reliably tell; the status vector does. */
		enc->registers[ESTAT] |= late && (chipRandom(&enc->chip) & 1) ? TXABRT | LATECOL : TXABRT;
		enc->registers[EIR] |= TXERIF;
		enc->stalled = true; /* erratum 12 */
		enc->transmitAt = NEVER;
		/* Erratum 13: in some cases the transmission does not even end. */
		enc->failed = late && (chipRandom(&enc->chip) & 1);
		if (enc->failed)
			return;
	}
	enc->registers[ECON1] &= (uint8_t)~TXRTS;
	transmitOver(enc, TXIF);
	encShowInterrupt(enc);
	if (late || out.giant || !out.fcsGood || out.length <= FCS || out.length > sizeof(out.bytes))
		return;
	uint32_t length = out.length - FCS;
	if (length < FRAME_LEAST) {
		memset(out.bytes + length, 0, FRAME_LEAST - length);
		length = FRAME_LEAST;
	}
	if (encLoopsBack(enc))
		encAccept(enc, out.bytes, length);
	if (encOnWire(enc))
		chipTransmit(&enc->chip, out.bytes, length);
}

/* Flow control, section 9: PAUSE frames are sent once, not periodically. Half duplex backpressure is not modelled. */
void encFlowControl(Enc *enc)
{
	uint8_t mode = enc->registers[EFLOCON] & 3, frame[FRAME_LEAST] = { 0 };
	if (!mode || !(enc->registers[MACON3] & FULDPX) || !(enc->registers[MACON1] & TXPAUS) || !encAwake(enc))
		return;
	memcpy(frame, encPauseAddress, 6);
	encOwnAddress(enc, frame + 6);
	frame[12] = 0x88;
	frame[13] = 0x08;
	frame[15] = 1;
	if (mode != 3) {
		frame[16] = enc->registers[EPAUS + 1];
		frame[17] = enc->registers[EPAUS];
	}
	if (mode != 2) /* register 9-1: once, then off */
		enc->registers[EFLOCON] = 0;
	if (encOnWire(enc))
		chipTransmit(&enc->chip, frame, FRAME_LEAST);
}
