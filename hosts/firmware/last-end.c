// What is kept of a machine that ends (last-end.h), taken without running anything or taking memory: there may be none left. Fields of the engine (xsAll.h), read and never written.

#include "xsAll.h"
#include "xs.h"
#include "xsmc.h"
#include "last-end.h"
#include "machine-end.h"

/* The first text of that name of an object and what it inherits from: an error's name and message. */
static txString textOf(txSlot *instance, txID id)
{
	for (; instance != C_NULL; instance = instance->value.instance.prototype)
		for (txSlot *slot = instance->next; slot != C_NULL; slot = slot->next)
			if (slot->ID == id && (slot->kind == XS_STRING_KIND || slot->kind == XS_STRING_X_KIND))
				return slot->value.string;
	return C_NULL;
}

/* Where it was thrown, and who had called: names of functions, as far as the engine has captured them. */
static void addFunctions(txSlot *instance)
{
	txSlot *error = instance->next;
	if (error == C_NULL || error->kind != XS_ERROR_KIND || error->value.error.info == C_NULL)
		return;
	const char *before = ", thrown in ";
	for (txSlot *slot = error->value.error.info->next; slot != C_NULL; slot = slot->next) {
		if ((slot->kind != XS_KEY_KIND && slot->kind != XS_KEY_X_KIND) || slot->value.key.string == C_NULL || slot->value.key.string[0] == 0)
			continue;
		lastEndAdd(&boardLastEnd, before);
		lastEndAdd(&boardLastEnd, slot->value.key.string);
		before = " < ";
	}
}

static void addThrown(txSlot *slot)
{
	char digits[24];
	if (slot->kind == XS_STRING_KIND || slot->kind == XS_STRING_X_KIND)
		lastEndAdd(&boardLastEnd, slot->value.string);
	else if (slot->kind == XS_INTEGER_KIND) {
		c_snprintf(digits, sizeof(digits), "%d", (int)slot->value.integer);
		lastEndAdd(&boardLastEnd, digits);
	}
	else if (slot->kind == XS_REFERENCE_KIND) {
		txSlot *instance = slot->value.reference;
		txString name = textOf(instance, mxID(_name)), message = textOf(instance, mxID(_message));
		lastEndAdd(&boardLastEnd, name != C_NULL ? name : "an object");
		if (message != C_NULL && message[0] != 0) {
			lastEndAdd(&boardLastEnd, ": ");
			lastEndAdd(&boardLastEnd, message);
		}
		addFunctions(instance);
	}
	else
		lastEndAdd(&boardLastEnd, "a value that is no error");
}

void machineEnds(txMachine *the, const char *why, txSlot *thrown)
{
	(void)the;
	lastEndBegin(&boardLastEnd);
	lastEndAdd(&boardLastEnd, why);
	if (thrown != C_NULL && thrown->kind != XS_UNDEFINED_KIND) {
		lastEndAdd(&boardLastEnd, ": ");
		addThrown(thrown);
	}
	lastEndKeep(&boardLastEnd);
}

void xs_board_started(xsMachine *the)
{
	const char *hardware = boardStarts(), *kept = lastEndTake(&boardLastEnd);
	if (kept != C_NULL || hardware != C_NULL)
		xsmcSetString(xsResult, (xsStringValue)(kept != C_NULL ? kept : hardware));
}
