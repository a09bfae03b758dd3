// The chip models as an addon of Node: one class, ChipModel, whose types chips.ts has. Read chip.h first.
//
// Whatever a caller does wrong throws and names the value. A callback must not call what changes the chip that calls it: that throws, too.

#include <stdlib.h>
#include <string.h>

#include "addon-arguments.h"
#include "chip.h"

/* Times are numbers in JavaScript: exact up to 2^53 ns, which are 104 days. */
#define TIME_MOST 9007199254740991.0

typedef struct {
	Chip *chip; /* NULL: freed */
	napi_env env;
	napi_ref callbacks; /* what the constructor was given, for the chip's whole life */
	uint32_t inside; /* calls of the model under way */
	bool thrown; /* by a callback in this call: no more is called, and what it threw is thrown when the call returns */
} Model;

/* The model and the arguments of a method, of which missing ones are undefined. NULL: has thrown. `changes`: not from a callback. */
static Model *enter(napi_env env, napi_callback_info info, size_t count, napi_value *arguments, bool changes)
{
	napi_value self;
	Model *model = NULL;
	napi_get_cb_info(env, info, &count, arguments, &self, NULL);
	if (napi_unwrap(env, self, (void **)&model) != napi_ok || !model) {
		napi_throw_type_error(env, NULL, "this: expected a ChipModel");
		return NULL;
	}
	if (!model->chip) {
		napi_throw_error(env, NULL, "the chip has been freed");
		return NULL;
	}
	if (changes && model->inside) {
		napi_throw_error(env, NULL, "the chip is at work: a callback must not call what changes it");
		return NULL;
	}
	if (!model->inside)
		model->thrown = false;
	return model;
}

/* Calls the callback of that name, if there is one. */
static void call(Model *model, const char *name, napi_value argument)
{
	napi_env env = model->env;
	napi_value callbacks, function;
	if (napi_get_reference_value(env, model->callbacks, &callbacks) != napi_ok || !callbacks)
		return;
	if (napi_get_named_property(env, callbacks, name, &function) != napi_ok || typeOf(env, function) != napi_function)
		return;
	model->thrown = napi_call_function(env, callbacks, function, 1, &argument, NULL) != napi_ok;
}

static void transmitted(void *context, const uint8_t *frame, uint32_t length)
{
	Model *model = context;
	napi_handle_scope scope;
	napi_value argument;
	if (model->thrown || napi_open_handle_scope(model->env, &scope) != napi_ok)
		return;
	if (napi_create_buffer_copy(model->env, length, frame, NULL, &argument) == napi_ok)
		call(model, "transmit", argument);
	napi_close_handle_scope(model->env, scope);
}

static void interrupted(void *context, bool asserted)
{
	Model *model = context;
	napi_handle_scope scope;
	napi_value argument;
	if (model->thrown || napi_open_handle_scope(model->env, &scope) != napi_ok)
		return;
	if (napi_get_boolean(model->env, asserted, &argument) == napi_ok)
		call(model, "interrupt", argument);
	napi_close_handle_scope(model->env, scope);
}

static void complained(void *context, const char *text)
{
	Model *model = context;
	napi_handle_scope scope;
	napi_value argument;
	if (model->thrown || napi_open_handle_scope(model->env, &scope) != napi_ok)
		return;
	if (napi_create_string_utf8(model->env, text, NAPI_AUTO_LENGTH, &argument) == napi_ok)
		call(model, "complain", argument);
	napi_close_handle_scope(model->env, scope);
}

static void finalize(napi_env env, void *data, void *hint)
{
	Model *model = data;
	(void)hint;
	if (model->chip)
		chipFree(model->chip);
	if (model->callbacks)
		napi_delete_reference(env, model->callbacks);
	free(model);
}

/* Reads one option if it is there. */
static bool option(napi_env env, napi_value options, const char *name, double most, double *to)
{
	napi_value value;
	if (napi_get_named_property(env, options, name, &value) != napi_ok)
		return false;
	return typeOf(env, value) == napi_undefined || takeInteger(env, name, value, 0, most, to);
}

static bool takeOptions(napi_env env, napi_value value, ChipOptions *options)
{
	double lineRate = 0, revision = 0, seed = 0;
	napi_value duplex;
	if (typeOf(env, value) == napi_undefined)
		return true;
	if (typeOf(env, value) != napi_object) {
		refuse(env, "options", value, "an object", false);
		return false;
	}
	if (!option(env, value, "lineRate", UINT32_MAX, &lineRate) || !option(env, value, "revision", UINT8_MAX, &revision) ||
	    !option(env, value, "seed", UINT32_MAX, &seed) || napi_get_named_property(env, value, "fullDuplex", &duplex) != napi_ok)
		return false;
	if (typeOf(env, duplex) != napi_undefined && !takeBoolean(env, "fullDuplex", duplex, &options->fullDuplex))
		return false;
	options->lineRate = (uint32_t)lineRate;
	options->revision = (uint8_t)revision;
	options->seed = (uint32_t)seed;
	return true;
}

/* new ChipModel(kind, options, callbacks) */
static napi_value construct(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], self, target;
	size_t count = 3, length;
	char kind[16] = "";
	ChipOptions options = { 0 };
	napi_get_cb_info(env, info, &count, arguments, &self, NULL);
	if (napi_get_new_target(env, info, &target) != napi_ok || !target)
		return napi_throw_type_error(env, NULL, "ChipModel: expected new ChipModel(…)"), NULL;
	if (napi_get_value_string_utf8(env, arguments[0], kind, sizeof(kind), &length) != napi_ok)
		return refuse(env, "kind", arguments[0], "a string", false), NULL;
	if (!takeOptions(env, arguments[1], &options))
		return NULL;
	napi_valuetype type = typeOf(env, arguments[2]);
	if (type != napi_object && type != napi_undefined)
		return refuse(env, "callbacks", arguments[2], "an object", false), NULL;

	Model *model = calloc(1, sizeof(*model));
	ChipHost host = { model, transmitted, interrupted, complained };
	model->env = env;
	model->chip = chipNew(kind, &host, &options);
	if (!model->chip) {
		free(model);
		return refuse(env, "kind", arguments[0], "\"w5500\" or \"enc28j60\"", true), NULL;
	}
	if (type == napi_object)
		napi_create_reference(env, arguments[2], 1, &model->callbacks);
	napi_wrap(env, self, model, finalize, NULL, NULL);
	return self;
}

static napi_value release(napi_env env, napi_callback_info info)
{
	Model *model = enter(env, info, 0, NULL, true);
	if (model) {
		chipFree(model->chip);
		model->chip = NULL;
	}
	return undefined(env);
}

/* A method that takes one boolean. */
static napi_value setBoolean(napi_env env, napi_callback_info info, const char *name, void (*set)(Chip *chip, bool value))
{
	napi_value argument;
	bool value;
	Model *model = enter(env, info, 1, &argument, true);
	if (model && takeBoolean(env, name, argument, &value)) {
		model->inside++;
		set(model->chip, value);
		model->inside--;
	}
	return undefined(env);
}

static napi_value selectChip(napi_env env, napi_callback_info info)
{
	return setBoolean(env, info, "selected", chipSelect);
}

static napi_value reset(napi_env env, napi_callback_info info)
{
	return setBoolean(env, info, "active", chipReset);
}

static napi_value linkUp(napi_env env, napi_callback_info info)
{
	return setBoolean(env, info, "up", chipLink);
}

static napi_value exchange(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	double out;
	Model *model = enter(env, info, 1, &argument, true);
	if (!model || !takeInteger(env, "byte", argument, 0, 255, &out))
		return undefined(env);
	model->inside++;
	uint8_t in = chipExchange(model->chip, (uint8_t)out);
	model->inside--;
	if (model->thrown)
		return NULL;
	napi_create_uint32(env, in, &result);
	return result;
}

/* exchangeMany(out, in): null for `out` sends zeros, null for `in` drops what comes. */
static napi_value exchangeMany(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	uint8_t *out = NULL, *in = NULL;
	size_t outs = 0, ins = 0;
	Model *model = enter(env, info, 2, arguments, true);
	if (!model)
		return NULL;
	bool sends = typeOf(env, arguments[0]) != napi_null, reads = typeOf(env, arguments[1]) != napi_null;
	if ((sends && !takeBytes(env, "out", arguments[0], &out, &outs)) || (reads && !takeBytes(env, "in", arguments[1], &in, &ins)))
		return NULL;
	if (sends && reads && outs != ins) {
		napi_throw_range_error(env, NULL, "out and in: expected the same length");
		return NULL;
	}
	size_t count = sends ? outs : ins;
	model->inside++;
	/* A callback that throws ends it: nobody would see what comes. */
	for (size_t i = 0; i < count && !model->thrown; i++) {
		uint8_t byte = chipExchange(model->chip, sends ? out[i] : 0);
		if (reads)
			in[i] = byte;
	}
	model->inside--;
	return undefined(env);
}

static napi_value setTime(napi_env env, napi_callback_info info)
{
	napi_value argument;
	double ns;
	Model *model = enter(env, info, 1, &argument, true);
	if (model && takeInteger(env, "ns", argument, 0, TIME_MOST, &ns)) {
		model->inside++;
		chipTime(model->chip, (uint64_t)ns);
		model->inside--;
	}
	return undefined(env);
}

static napi_value next(napi_env env, napi_callback_info info)
{
	napi_value result;
	Model *model = enter(env, info, 0, NULL, false);
	if (!model)
		return NULL;
	uint64_t ns = chipNext(model->chip);
	napi_create_double(env, ns == UINT64_MAX ? __builtin_inf() : (double)ns, &result);
	return result;
}

static napi_value isInterrupted(napi_env env, napi_callback_info info)
{
	napi_value result;
	Model *model = enter(env, info, 0, NULL, false);
	if (!model)
		return NULL;
	napi_get_boolean(env, chipInterrupted(model->chip), &result);
	return result;
}

static napi_value room(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	double length;
	Model *model = enter(env, info, 1, &argument, false);
	if (!model || !takeInteger(env, "length", argument, 0, CHIP_FRAME_MOST, &length))
		return NULL;
	napi_get_boolean(env, chipRoom(model->chip, (uint32_t)length), &result);
	return result;
}

static napi_value receive(napi_env env, napi_callback_info info)
{
	napi_value argument;
	uint8_t *frame;
	size_t length;
	Model *model = enter(env, info, 1, &argument, true);
	if (!model || !takeBytes(env, "frame", argument, &frame, &length))
		return NULL;
	if (length > CHIP_FRAME_MOST) {
		napi_throw_range_error(env, NULL, "frame: expected at most 1518 bytes");
		return NULL;
	}
	model->inside++;
	chipReceive(model->chip, frame, (uint32_t)length);
	model->inside--;
	return undefined(env);
}

static napi_value fault(napi_env env, napi_callback_info info)
{
	static const char *const names[CHIP_FAULTS] = {
		[CHIP_ABSENT] = "absent",
		[CHIP_INTERRUPT_STUCK] = "interruptStuck",
		[CHIP_BAD_LENGTH] = "badLength",
		[CHIP_RESETS] = "resets",
		[CHIP_BIT_ERRORS_IN] = "bitErrorsIn",
		[CHIP_BIT_ERRORS_OUT] = "bitErrorsOut",
		[CHIP_TRANSMIT_STUCK] = "transmitStuck",
		[CHIP_LATE_COLLISIONS] = "lateCollisions",
		[CHIP_BUSY] = "busy",
		[CHIP_OVERWRITTEN] = "overwritten",
	};
	napi_value arguments[2];
	char name[32] = "";
	size_t length;
	double argument;
	Model *model = enter(env, info, 2, arguments, true);
	if (!model)
		return NULL;
	napi_get_value_string_utf8(env, arguments[0], name, sizeof(name), &length);
	for (int i = 0; i < CHIP_FAULTS; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		if (takeInteger(env, "argument", arguments[1], 0, UINT32_MAX, &argument)) {
			model->inside++;
			chipFault(model->chip, (ChipFault)i, (uint32_t)argument);
			model->inside--;
		}
		return undefined(env);
	}
	refuse(env, "fault", arguments[0], "one of ChipFault in chips.ts", typeOf(env, arguments[0]) == napi_string);
	return NULL;
}

static napi_value counts(napi_env env, napi_callback_info info)
{
	Model *model = enter(env, info, 0, NULL, false);
	if (!model)
		return NULL;
	const ChipCounts *c = chipCounts(model->chip);
	const struct {
		const char *name;
		double value;
	} fields[] = {
		{ "spiBytes", (double)c->spiBytes },
		{ "transactions", (double)c->transactions },
		{ "received", c->received },
		{ "filtered", c->filtered },
		{ "overflowed", c->overflowed },
		{ "transmitted", c->transmitted },
		{ "complaints", c->complaints },
	};
	napi_value result, value;
	napi_create_object(env, &result);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		napi_create_double(env, fields[i].value, &value);
		napi_set_named_property(env, result, fields[i].name, value);
	}
	return result;
}

#define METHOD(name, function) { name, NULL, function, NULL, NULL, NULL, napi_default_method, NULL }

NAPI_MODULE_INIT()
{
	const napi_property_descriptor methods[] = {
		METHOD("select", selectChip),
		METHOD("exchange", exchange),
		METHOD("exchangeMany", exchangeMany),
		METHOD("reset", reset),
		METHOD("interrupted", isInterrupted),
		METHOD("time", setTime),
		METHOD("next", next),
		METHOD("link", linkUp),
		METHOD("room", room),
		METHOD("receive", receive),
		METHOD("fault", fault),
		METHOD("counts", counts),
		METHOD("free", release),
	};
	napi_value class;
	napi_define_class(env, "ChipModel", NAPI_AUTO_LENGTH, construct, NULL, sizeof(methods) / sizeof(*methods), methods, &class);
	napi_set_named_property(env, exports, "ChipModel", class);
	return exports;
}
