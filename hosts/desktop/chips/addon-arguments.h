// Arguments from JavaScript, checked: what does not fit throws "<name> <value>: expected <expected>", and the answer is false.

#ifndef MULTIHOME_ADDON_ARGUMENTS_H
#define MULTIHOME_ADDON_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAPI_VERSION 8
#include <node_api.h>

napi_value undefined(napi_env env);
napi_valuetype typeOf(napi_env env, napi_value value);

/** Throws a RangeError or, without `range`, a TypeError. */
void refuse(napi_env env, const char *name, napi_value value, const char *expected, bool range);
bool takeInteger(napi_env env, const char *name, napi_value value, double least, double most, double *to);
bool takeBoolean(napi_env env, const char *name, napi_value value, bool *to);
/** A Uint8Array, or what is derived from one. */
bool takeBytes(napi_env env, const char *name, napi_value value, uint8_t **bytes, size_t *length);

#endif
