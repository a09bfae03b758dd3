// TAP devices and ptys for Node, which has neither: open(name), openPty(), read(descriptor, buffer), write(descriptor, bytes). Nothing blocks. tap.ts
// has the types. Documentation/networking/tuntap.rst of the Linux kernel; pty(7).

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Throws an Error whose code is errno's text. */
static napi_value fail(napi_env env, int error)
{
	napi_throw_error(env, NULL, strerror(error));
	return NULL;
}

static napi_value number(napi_env env, int64_t value)
{
	napi_value result;
	napi_create_int64(env, value, &result);
	return result;
}

static napi_value openTap(napi_env env, napi_callback_info info)
{
	napi_value argument;
	size_t count = 1, length;
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (napi_get_value_string_utf8(env, argument, request.ifr_name, IFNAMSIZ, &length) != napi_ok || length == 0) {
		napi_throw_type_error(env, NULL, "name: expected a string");
		return NULL;
	}
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(env, errno);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		int error = errno;
		close(fd);
		return fail(env, error);
	}
	return number(env, fd);
}

/* [descriptor, path of the other side, descriptor of that]: it stays open, or reading would fail while nobody else has it. */
static napi_value openPty(napi_env env, napi_callback_info info)
{
	char path[64];
	struct termios raw;
	(void)info;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), other = -1;
	if (fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, path, sizeof(path)) == 0)
		other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (other < 0 || tcgetattr(other, &raw) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		if (other >= 0)
			close(other);
		return fail(env, error);
	}
	cfmakeraw(&raw);
	tcsetattr(other, TCSANOW, &raw);
	napi_value result, text;
	napi_create_array_with_length(env, 3, &result);
	napi_create_string_utf8(env, path, NAPI_AUTO_LENGTH, &text);
	napi_set_element(env, result, 0, number(env, fd));
	napi_set_element(env, result, 1, text);
	napi_set_element(env, result, 2, number(env, other));
	return result;
}

/* The descriptor and the bytes of read and write; false when it has thrown. */
static bool take(napi_env env, napi_callback_info info, int32_t *fd, void **bytes, size_t *length)
{
	napi_value arguments[2];
	size_t count = 2;
	bool is = false;
	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (napi_get_value_int32(env, arguments[0], fd) == napi_ok && napi_is_buffer(env, arguments[1], &is) == napi_ok && is)
		return napi_get_buffer_info(env, arguments[1], bytes, length) == napi_ok;
	napi_throw_type_error(env, NULL, "expected a descriptor and a buffer");
	return false;
}

/* Bytes of the next frame, or what there is of bytes; 0 when there is none now. */
static napi_value readFrame(napi_env env, napi_callback_info info)
{
	int32_t fd;
	void *bytes;
	size_t length;
	if (!take(env, info, &fd, &bytes, &length))
		return NULL;
	ssize_t got = read(fd, bytes, length);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return fail(env, errno);
	return number(env, got < 0 ? 0 : got);
}

/* How many bytes were taken, -1 for none. A frame that the kernel does not take now is lost, as on a cable. */
static napi_value writeFrame(napi_env env, napi_callback_info info)
{
	int32_t fd;
	void *bytes;
	size_t length;
	if (!take(env, info, &fd, &bytes, &length))
		return NULL;
	return number(env, write(fd, bytes, length));
}

static napi_value closeTap(napi_env env, napi_callback_info info)
{
	napi_value argument;
	size_t count = 1;
	int32_t fd;
	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (napi_get_value_int32(env, argument, &fd) == napi_ok)
		close(fd);
	return NULL;
}

#define FUNCTION(name, function) { name, NULL, function, NULL, NULL, NULL, napi_default, NULL }

NAPI_MODULE_INIT()
{
	const napi_property_descriptor functions[] = {
		FUNCTION("open", openTap),
		FUNCTION("openPty", openPty),
		FUNCTION("read", readFrame),
		FUNCTION("write", writeFrame),
		FUNCTION("close", closeTap),
	};
	napi_define_properties(env, exports, sizeof(functions) / sizeof(*functions), functions);
	return exports;
}
