// The sockets' data path on host data: src/io/sockets.ts says what each function does. Whatever is not usual is handed to the TypeScript method, which
// may throw: nothing is held here then. What an instance has is copied before anything is called that can allocate, as that moves chunks.

#include "arena.h"

#include "xsHost.h"
#include "mc.xs.h"

#include "compiled.h"
#include "layout.h"

/* Of an instance, in a chunk: so XS takes it for no buffer, and it moves, as chunks do. */
typedef struct {
	Arena arena; /* a host buffer, which never moves; the instance refers to its view */
	int32_t block; /* 0: closed */
	int32_t byBytes; /* of TCP: format "number" */
} Socket;

/* What the two classes are told apart by: there is nothing to free. */
void xs_multihome_stream_delete(void *data)
{
	(void)data;
}

void xs_multihome_datagrams_delete(void *data)
{
	(void)data;
}

/* SyntaxError for what is no instance; a prototype is a host object without a chunk. */
#define streamOf(SLOT) ((Socket *)xsmcGetHostChunkValidate(SLOT, (void *)xs_multihome_stream_delete))
#define datagramsOf(SLOT) ((Socket *)xsmcGetHostChunkValidate(SLOT, (void *)xs_multihome_datagrams_delete))

/* The constructor of both. */
void xs_multihome_socket(xsMachine *the)
{
	Socket socket = { .arena = argMemory(0) };
	xsmcSetHostChunk(xsThis, &socket, sizeof(socket));
}

void xs_multihome_stream_place(xsMachine *the)
{
	int32_t block = intArg(1);
	Socket *stream = streamOf(xsArg(0));
	*stream = (Socket){ stream->arena, block, 0 };
}

void xs_multihome_datagrams_place(xsMachine *the)
{
	int32_t block = intArg(1);
	Socket *datagrams = datagramsOf(xsArg(0));
	datagrams->block = flatLookRow(&datagrams->arena, block, UDP_BLOCK_BYTES, datagrams->arena.size);
}

/* With all arguments, of which no method has more than four. */
static void callRest(xsMachine *the, xsIdentifier method)
{
	xsSlot none;
	xsmcSetUndefined(none);
#define ARGUMENT(INDEX) (xsmcArgc > (INDEX) ? &xsArg(INDEX) : &none)
	xsmcCall(xsResult, xsThis, method, ARGUMENT(0), ARGUMENT(1), ARGUMENT(2), ARGUMENT(3), NULL);
}

/* What TCP's functions answer. Below 0: nothing was done. */
static inline void answer(xsMachine *the, int32_t count, xsIdentifier rest)
{
	if (count < 0) {
		callRest(the, rest);
		return;
	}
	xsmcSetInteger(xsResult, count);
	if (count >= DATA_WAKE)
		xsmcCall(xsResult, xsThis, xsID_pollWanted, &xsResult, NULL);
}

static inline int isInteger(xsMachine *the, int index)
{
	return xsmcTypeOf(xsArg(index)) == xsIntegerType;
}

/* There are so many arguments, and the first is an object: a buffer. */
static inline int isBuffer(xsMachine *the, int count)
{
	return xsmcArgc == count && xsmcTypeOf(xsArg(0)) == xsReferenceType;
}

typedef struct {
	Arena buffer;
	int32_t at, count; /* count -1: they name none */
} Part;

/* What the arguments name: a buffer, or a part of one by offset and length. */
static inline Part partOf(xsMachine *the, int writable)
{
	const int whole = isBuffer(the, 1);
	if (!whole && !(isBuffer(the, 3) && isInteger(the, 1) && isInteger(the, 2)))
		return (Part){ .count = -1 };
	const uint32_t at = whole ? 0 : (uint32_t)xsmcToInteger(xsArg(1)), part = whole ? 0 : (uint32_t)xsmcToInteger(xsArg(2));
	const Arena buffer = writable ? argArena(0) : argReadable(0);
	const uint32_t count = whole ? buffer.size : part;
	return (Part){ buffer, (int32_t)at, at <= buffer.size && count <= buffer.size - at ? (int32_t)count : -1 };
}

void xs_multihome_stream_read(xsMachine *the)
{
	const Socket stream = *streamOf(xsThis);
	int32_t count = -1;
	if (stream.byBytes)
		count = transport_tcp_stream_streamByte(&stream.arena, stream.block);
	else if (stream.block) {
		const Part part = partOf(the, 1);
		if (part.count >= 0)
			count = transport_tcp_data_tcpRead(&stream.arena, stream.block, &part.buffer, part.at, part.count);
		if (count == 0)
			return;
	}
	answer(the, count, xsID_readRest);
}

void xs_multihome_stream_write(xsMachine *the)
{
	const Socket stream = *streamOf(xsThis);
	int32_t room = -1;
	if (stream.block && !stream.byBytes) {
		const Part part = partOf(the, 0);
		if (part.count >= 0)
			room = transport_tcp_data_tcpWrite(&stream.arena, stream.block, &part.buffer, part.at, part.count);
	}
	answer(the, room, xsID_writeRest);
}

void xs_multihome_stream_get_format(xsMachine *the)
{
	Socket *stream = streamOf(xsThis);
	if (stream->block)
		fxStringX(the, &xsResult, stream->byBytes ? "number" : "buffer");
	else
		xsmcCall(xsResult, xsThis, xsID_formatRest, NULL);
}

void xs_multihome_stream_set_format(xsMachine *the)
{
	const char *name = xsmcTypeOf(xsArg(0)) == xsStringType ? xsmcToString(xsArg(0)) : "";
	int byBytes = c_strcmp(name, "number") == 0;
	if (!streamOf(xsThis)->block || (!byBytes && c_strcmp(name, "buffer") != 0))
		callRest(the, xsID_formatRest);
	else
		streamOf(xsThis)->byBytes = byBytes;
	xsResult = xsArg(0); /* what `a.format = b.format = value` hands on */
}

/* Whether it is that text, one of the block, which is empty when it is not known. */
static inline int isText(xsMachine *the, xsSlot *slot, const uint8_t *text)
{
	return *text && xsmcTypeOf(*slot) == xsStringType && c_strcmp(xsmcToString(*slot), (const char *)text) == 0;
}

static inline int holdsText(xsMachine *the, xsIdentifier property, const uint8_t *text)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), property);
	return isText(the, &value, text);
}

/* Whether the buffer names that interface: a name of a few characters, less than a call of strcmp takes. */
static inline int namesLink(xsMachine *the, const char *name)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), xsID_interface);
	if (!*name || xsmcTypeOf(value) != xsStringType)
		return 0;
	const char *said = xsmcToString(value);
	while (*said && *said == *name) {
		said++;
		name++;
	}
	return *said == *name;
}

/* Whether the buffer says of its datagram what is right for this one, as a buffer that is used again mostly does: looking costs less than writing it anew. */
static int isDescribed(xsMachine *the, const uint8_t *udp)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), xsID_port);
	return xsmcTypeOf(value) == xsIntegerType && xsmcToInteger(value) == word(udp + UDP_BLOCK_PEER_PORT) &&
		holdsText(the, xsID_address, udp + UDP_BLOCK_PEER_TEXT) && holdsText(the, xsID_localAddress, udp + UDP_BLOCK_LOCAL_TEXT) &&
		namesLink(the, (const char *)udp + UDP_BLOCK_LINK_TEXT);
}

void xs_multihome_datagrams_read(xsMachine *the)
{
	const Socket socket = *datagramsOf(xsThis);
	if (!socket.block || !isBuffer(the, 1)) {
		callRest(the, xsID_readRest);
		return;
	}
	const Arena buffer = argArena(0);
	const int32_t size = (int32_t)buffer.size;
	const int32_t bytes = transport_udp_deliver_udpRead(&socket.arena, socket.block, &buffer, 0, size);
	if (bytes < 0)
		return;
	xsmcSetInteger(xsResult, flatMin(bytes & (DELIVER_ANOTHER - 1), size));
	if (bytes >= DELIVER_ANOTHER || !isDescribed(the, socket.arena.base + socket.block)) {
		xsSlot another;
		xsmcSetBoolean(another, bytes >= DELIVER_ANOTHER);
		xsmcCall_noResult(xsThis, xsID_senderChanged, &xsArg(0), &another, NULL);
	}
}

/* Whether the arguments are a buffer and the peer's address and port, and perhaps how many bytes of the buffer. */
static int isToPeer(xsMachine *the, const uint8_t *udp)
{
	return (isBuffer(the, 3) || (isBuffer(the, 4) && isInteger(the, 3))) && isInteger(the, 2) &&
		xsmcToInteger(xsArg(2)) == word(udp + UDP_BLOCK_PEER_PORT) && isText(the, &xsArg(1), udp + UDP_BLOCK_PEER_TEXT);
}

void xs_multihome_datagrams_write(xsMachine *the)
{
	const Socket socket = *datagramsOf(xsThis);
	const uint8_t *udp = socket.arena.base + socket.block;
	int32_t answered = ANSWERS_DROPPED - 1;
	if (socket.block && isToPeer(the, udp)) {
		const Arena data = argReadable(0);
		const uint32_t length = xsmcArgc == 4 ? (uint32_t)xsmcToInteger(xsArg(3)) : data.size;
		if (length <= data.size)
			answered = transport_udp_send_udpSend(
				&socket.arena, socket.block, socket.block + UDP_BLOCK_PEER, word(udp + UDP_BLOCK_PEER_PORT), &data, 0, (int32_t)length);
	}
	if (answered < ANSWERS_DROPPED)
		callRest(the, xsID_writeRest);
	else if (answered > 0) {
		xsSlot what;
		xsmcSetInteger(what, answered);
		xsmcCall_noResult(xsThis, xsID_packetWaits, &what, NULL);
	}
}
