// Arguments from JavaScript, checked.

#include "addon-arguments.h"

#include <stdio.h>

napi_value undefined(napi_env env)
{
	napi_value value;
	napi_get_undefined(env, &value);
	return value;
}

napi_valuetype typeOf(napi_env env, napi_value value)
{
	napi_valuetype type = napi_undefined;
	napi_typeof(env, value, &type);
	return type;
}

void refuse(napi_env env, const char *name, napi_value value, const char *expected, bool range)
{
	char shown[64] = "", text[256];
	napi_value string;
	size_t length = 0;
	/* Not everything becomes text: a symbol throws its own TypeError. */
	if (napi_coerce_to_string(env, value, &string) != napi_ok)
		return;
	napi_get_value_string_utf8(env, string, shown, sizeof(shown), &length);
	snprintf(text, sizeof(text), "%s %s: expected %s", name, shown, expected);
	if (range)
		napi_throw_range_error(env, NULL, text);
	else
		napi_throw_type_error(env, NULL, text);
}

bool takeInteger(napi_env env, const char *name, napi_value value, double least, double most, double *to)
{
	char expected[64];
	if (napi_get_value_double(env, value, to) == napi_ok) {
		if (*to >= least && *to <= most && *to == (double)(uint64_t)*to)
			return true;
		snprintf(expected, sizeof(expected), "an integer from %.0f to %.0f", least, most);
		refuse(env, name, value, expected, true);
	} else
		refuse(env, name, value, "a number", false);
	return false;
}

bool takeBoolean(napi_env env, const char *name, napi_value value, bool *to)
{
	if (napi_get_value_bool(env, value, to) == napi_ok)
		return true;
	refuse(env, name, value, "a boolean", false);
	return false;
}

bool takeBytes(napi_env env, const char *name, napi_value value, uint8_t **bytes, size_t *length)
{
	bool is = false;
	napi_typedarray_type type;
	void *data;
	if (napi_is_typedarray(env, value, &is) == napi_ok && is) {
		napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL);
		if (type == napi_uint8_array) {
			*bytes = data;
			return true;
		}
	}
	refuse(env, name, value, "a Uint8Array", false);
	return false;
}
