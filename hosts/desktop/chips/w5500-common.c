// W5500: common registers (datasheet §4.1), the PHY behind PHYCFGR, the interrupt pin. Read w5500.h first.

#include "w5500.h"

#include <string.h>

/** MR[RST] clears itself; the datasheet does not say when. WIZnet's own library reads one register and goes on. */
#define SOFT_RESET 1000
/** Some chips answer version 0 for a moment after that (ESP-IDF's driver waits for 4). */
#define VERSION_DELAY 100000
#define VERSION 4

/* PHYCFGR (§4.1). The PHY takes OPMD and OPMDC over when RST goes from 0 to 1. */
#define PHY_RST 0x80
#define PHY_OPMD 0x40
#define PHY_OPMDC(VALUE) ((VALUE) >> 3 & 7)
#define PHY_DPX 0x04
#define PHY_SPD 0x02
#define PHY_LNK 0x01
enum { HALF10, FULL10, HALF100, FULL100, HALF100_NEGOTIATED, UNUSED_MODE, POWER_DOWN, ALL };

/** Auto-negotiation takes seconds on a real cable; here long enough that a driver has to wait, and short enough for tests. */
#define LINK_TIME 1000000

/** INTLEVEL counts in 4 clocks of the PLL, 150 MHz. */
#define PLL_MHZ 150

void w5500CommonReset(W5500 *w)
{
	uint8_t *common = w->common;
	memset(common, 0, COMMON_END);
	common[RTR] = 0x07;
	common[RTR + 1] = 0xd0;
	common[RCR] = 8;
	common[PTIMER] = 0x28;
	common[PMRU] = common[PMRU + 1] = 0xff;
	common[PHYCFGR] = PHY_RST | ALL << 3;
}

/* §4.1 MR: every register as after a reset. A link that was negotiated stays, as the PHY has a reset of its own. */
static void softReset(W5500 *w)
{
	bool asBefore = w->phyMode == ALL && w->common[PHYCFGR] & PHY_RST;
	w->excused = false;
	w->readyAt = w->now + chipTakes(&w->chip, SOFT_RESET);
	w->versionAt = w->readyAt + VERSION_DELAY;
	w->softReset = true;
	w5500Clear(w);
	if (!asBefore)
		w5500PhyStart(w);
}

static bool half(const W5500 *w)
{
	return w->phyMode == HALF10 || w->phyMode == HALF100 || w->phyMode == HALF100_NEGOTIATED;
}

uint32_t w5500Rate(const W5500 *w)
{
	uint32_t rate = w->chip.options.lineRate;
	return w->phyMode <= FULL10 && rate > 10000000 ? 10000000 : rate;
}

void w5500PhyStart(W5500 *w)
{
	uint8_t value = w->common[PHYCFGR];
	w->phyUp = false;
	w->phyAt = NEVER;
	if (!(value & PHY_RST))
		return;
	w->phyMode = value & PHY_OPMD ? PHY_OPMDC(value) : ALL; /* the pins PMODE2-0 are left open: all capable */
	if (!w->chip.linkUp || w->phyMode == POWER_DOWN || w->phyMode == UNUSED_MODE)
		return;
	if (w->chip.options.lineRate == 0)
		w5500PhyUp(w);
	else
		w->phyAt = w->now + LINK_TIME;
}

void w5500PhyUp(W5500 *w)
{
	w->phyAt = NEVER;
	w->phyUp = true;
	w5500MacrawResume(w);
}

static uint8_t phyRead(const W5500 *w)
{
	uint8_t value = w->common[PHYCFGR];
	if (!w->phyUp)
		return value;
	uint32_t rate = w5500Rate(w);
	bool slow = w->phyMode <= FULL10 || (rate != 0 && rate <= 10000000);
	return value | PHY_LNK | (half(w) ? 0 : PHY_DPX) | (slow ? 0 : PHY_SPD);
}

static void phyWrite(W5500 *w, uint8_t byte)
{
	uint8_t before = w->common[PHYCFGR];
	w->common[PHYCFGR] = byte & (uint8_t)~(PHY_DPX | PHY_SPD | PHY_LNK); /* these are the PHY's to tell */
	if ((before ^ byte) & PHY_RST)
		w5500PhyStart(w);
}

uint8_t w5500CommonRead(W5500 *w, uint16_t address)
{
	switch (address) {
	case MR:
		return w->common[MR] | (w->now < w->readyAt ? MR_RST : 0);
	case SIR:
		return w5500Sir(w);
	case PHYCFGR:
		return phyRead(w);
	case VERSIONR:
		return w->now < w->versionAt ? 0 : VERSION;
	default:
		return address < COMMON_END ? w->common[address] : 0;
	}
}

void w5500CommonWrite(W5500 *w, uint16_t address, uint8_t byte)
{
	if (address >= COMMON_END || (address >= RESERVED && address < VERSIONR)) {
		if (w5500First(w))
			w5500Complain(w, "§4.1: write to 0x%04x, which is reserved", address);
		return;
	}
	switch (address) {
	case MR:
		if (byte & MR_RST)
			softReset(w);
		else
			w->common[MR] = byte;
		return;
	case IR:
		w->common[IR] &= (uint8_t)~byte; /* 1 clears */
		break;
	case SIR: /* shows Sn_IR, and is cleared there */
		break;
	case PHYCFGR:
		phyWrite(w, byte);
		break;
	default:
		if (address != VERSIONR && (address < UIPR || address >= PHYCFGR))
			w->common[address] = byte;
		else if (w5500First(w))
			w5500Complain(w, "§4.1: write to 0x%04x, which is read-only", address);
	}
	w5500Interrupt(w);
}

/* Sn_IMR masks what SIR and the pin show, not Sn_IR: drivers that mask SENDOK find it there nevertheless. */
uint8_t w5500Sir(const W5500 *w)
{
	uint8_t sir = 0;
	for (int n = 0; n < W5500_SOCKETS; n++) {
		const uint8_t *registers = w->sockets[n].registers;
		if (registers[SN_IR] & registers[SN_IMR])
			sir |= (uint8_t)(1 << n);
	}
	return sir;
}

/*
 * §4.1 INTLEVEL: when one cause has ended INTn goes high, and though others are there it does not go low again before
 * (INTLEVEL + 1) * 4 clocks. Until its cause has ended it stays low.
 */
void w5500Interrupt(W5500 *w)
{
	const uint8_t *common = w->common;
	uint16_t causes = (uint16_t)((w5500Sir(w) & common[SIMR]) | (common[IR] & common[IMR] & 0xf0) << 8);
	bool ended = w->causes & ~causes;
	w->causes = causes;
	if (ended && w->chip.interrupt) {
		uint32_t level = (uint32_t)common[INTLEVEL] << 8 | common[INTLEVEL + 1];
		w->quietUntil = w->now + (level + 1) * 4 * 1000 / PLL_MHZ;
		chipInterrupt(&w->chip, false);
	}
	if (causes == 0 || w->chip.interrupt) {
		w->assertAt = NEVER;
	} else if (w->now >= w->quietUntil) {
		w->assertAt = NEVER;
		chipInterrupt(&w->chip, true);
	} else {
		w->assertAt = w->quietUntil;
	}
}
