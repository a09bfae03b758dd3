// The sockets' data path on host data: ../sockets.ts says what each function does. Whatever is not usual is handed to the TypeScript method, which
// may throw: nothing is held here then. What an instance has is copied before anything is called that can allocate, as that moves chunks.

#include "arena.h"

#include "xsHost.h"
#include "mc.xs.h"

#include "compiled.h"

/* Beside a count: a poll must be asked for (transport/tcp/data.ts). */
#define WAKE 0x10000

/* The least that udpSend answers when there is nothing to be told (transport/udp/send.ts). */
#define DROPPED (-1)

/* In what udpRead answers: not from where the last datagram came (transport/udp/deliver.ts). */
#define ANOTHER 0x10000

/* Of an instance, in a chunk: so XS takes it for no buffer, and it moves, as chunks do. */
typedef struct {
	Arena arena; /* a host buffer, which never moves; the instance refers to its view */
	int32_t block; /* 0: closed */
	int32_t byBytes; /* of TCP: format "number" */
} Socket;

/* An address in text, or the name of an interface; empty when it is longer. */
typedef char Text[16];

/* Of UDP. */
typedef struct {
	Socket socket;
	int32_t peer; /* of the last datagram, received or sent: its address and port */
	int32_t peerPort;
	Text address; /* the peer's, as `sender` has it */
	Text localAddress; /* likewise, of the last one that was read */
	Text interface;
} Datagrams;

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
#define datagramsOf(SLOT) ((Datagrams *)xsmcGetHostChunkValidate(SLOT, (void *)xs_multihome_datagrams_delete))

/* The constructors. */
void xs_multihome_stream(xsMachine *the)
{
	Socket stream = { .arena = argMemory(0) };
	xsmcSetHostChunk(xsThis, &stream, sizeof(stream));
}

void xs_multihome_datagrams(xsMachine *the)
{
	Datagrams datagrams = { .socket = { .arena = argMemory(0) } };
	xsmcSetHostChunk(xsThis, &datagrams, sizeof(datagrams));
}

/* All arguments there are, four at most. */
static void callRest(xsMachine *the, xsIdentifier method)
{
	switch (xsmcArgc) {
	case 0:
		xsmcCall(xsResult, xsThis, method, NULL);
		break;
	case 1:
		xsmcCall(xsResult, xsThis, method, &xsArg(0), NULL);
		break;
	case 2:
		xsmcCall(xsResult, xsThis, method, &xsArg(0), &xsArg(1), NULL);
		break;
	case 3:
		xsmcCall(xsResult, xsThis, method, &xsArg(0), &xsArg(1), &xsArg(2), NULL);
		break;
	default:
		xsmcCall(xsResult, xsThis, method, &xsArg(0), &xsArg(1), &xsArg(2), &xsArg(3), NULL);
	}
}

static void answer(xsMachine *the, int32_t count)
{
	xsmcSetInteger(xsResult, count);
	if (count >= WAKE)
		xsmcCall(xsResult, xsThis, xsID_pollWanted, &xsResult, NULL);
}

/* There are so many arguments, and the first is an object. */
static int isUsual(xsMachine *the, int count)
{
	return xsmcArgc == count && xsmcTypeOf(xsArg(0)) == xsReferenceType;
}

/* A buffer in argument 0, or a part of it by offset and length in the two behind: so many bytes at that offset. */
typedef struct {
	int32_t at, count;
} Part;

static int isPart(xsMachine *the)
{
	return isUsual(the, 1) || (isUsual(the, 3) && xsmcTypeOf(xsArg(1)) == xsIntegerType && xsmcTypeOf(xsArg(2)) == xsIntegerType);
}

/* Of a buffer of `size` bytes; count -1 when it has no such part. */
static Part partOf(xsMachine *the, uint32_t size)
{
	if (xsmcArgc == 1)
		return (Part){ 0, (int32_t)size };
	const uint32_t at = (uint32_t)xsmcToInteger(xsArg(1)), count = (uint32_t)xsmcToInteger(xsArg(2));
	return at <= size && count <= size - at ? (Part){ (int32_t)at, (int32_t)count } : (Part){ 0, -1 };
}

void xs_multihome_stream_place(xsMachine *the)
{
	int32_t block = intArg(1);
	Socket *stream = streamOf(xsArg(0));
	stream->block = block;
	stream->byBytes = 0;
}

void xs_multihome_stream_read(xsMachine *the)
{
	const Socket stream = *streamOf(xsThis);
	if (stream.byBytes) {
		int32_t byte = transport_tcp_stream_streamByte(&stream.arena, stream.block);
		if (byte >= 0) {
			xsmcSetInteger(xsResult, byte);
			return;
		}
	} else if (stream.block && isPart(the)) {
		Arena buffer = argArena(0);
		const Part part = partOf(the, buffer.size);
		if (part.count >= 0) {
			int32_t count = transport_tcp_data_tcpRead(&stream.arena, stream.block, &buffer, part.at, part.count);
			if (count != 0)
				answer(the, count);
			return;
		}
	}
	callRest(the, xsID_readRest);
}

void xs_multihome_stream_write(xsMachine *the)
{
	const Socket stream = *streamOf(xsThis);
	if (stream.block && !stream.byBytes && isPart(the)) {
		Arena data = argReadable(0);
		const Part part = partOf(the, data.size);
		int32_t room = part.count < 0 ? -1 : transport_tcp_data_tcpWrite(&stream.arena, stream.block, &data, part.at, part.count);
		if (room >= 0) {
			answer(the, room);
			return;
		}
	}
	callRest(the, xsID_writeRest);
}

void xs_multihome_stream_get_format(xsMachine *the)
{
	Socket *stream = streamOf(xsThis);
	if (stream->block)
		fxStringX(the, &xsResult, stream->byBytes ? "number" : "buffer");
	else
		callRest(the, xsID_formatRest);
}

void xs_multihome_stream_set_format(xsMachine *the)
{
	const char *name = xsmcTypeOf(xsArg(0)) == xsStringType ? xsmcToString(xsArg(0)) : "";
	int byBytes = c_strcmp(name, "number") == 0;
	if (!streamOf(xsThis)->block || (!byBytes && c_strcmp(name, "buffer") != 0))
		callRest(the, xsID_formatRest);
	streamOf(xsThis)->byBytes = byBytes;
	xsResult = xsArg(0); /* what `a.format = b.format = value` hands on */
}

void xs_multihome_datagrams_place(xsMachine *the)
{
	int32_t block = intArg(1);
	datagramsOf(xsArg(0))->socket.block = block;
}

/* A property of `sender`, of the socket in argument 0. */
static void copyText(xsMachine *the, xsIdentifier property, Text text)
{
	xsmcGet(xsVar(0), xsArg(0), xsID_sender);
	xsmcGet(xsVar(0), xsVar(0), property);
	memset(text, 0, sizeof(Text));
	if (xsmcTypeOf(xsVar(0)) == xsStringType && c_strlen(xsmcToString(xsVar(0))) < sizeof(Text))
		c_strcpy(text, xsmcToString(xsVar(0)));
}

void xs_multihome_datagrams_meet(xsMachine *the)
{
	int32_t peer = intArg(1), peerPort = intArg(2);
	Text address, localAddress, interface;
	xsmcVars(1);
	copyText(the, xsID_address, address);
	copyText(the, xsID_localAddress, localAddress);
	copyText(the, xsID_interface, interface);
	Datagrams *socket = datagramsOf(xsArg(0)); /* not before: it moves as JavaScript runs */
	socket->peer = peer;
	socket->peerPort = peerPort;
	memcpy(socket->address, address, sizeof(Text));
	memcpy(socket->localAddress, localAddress, sizeof(Text));
	memcpy(socket->interface, interface, sizeof(Text));
}

static inline int holdsText(xsMachine *the, xsIdentifier property, const Text text)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), property);
	return xsmcTypeOf(value) == xsStringType && c_strcmp(xsmcToString(value), text) == 0;
}

/* Whether the buffer says of its datagram what is right for this one, as a buffer that is used again mostly does: looking costs less than writing it anew. */
static int isDescribed(xsMachine *the, const Datagrams *known)
{
	xsSlot value;
	xsmcGet(value, xsArg(0), xsID_port);
	return xsmcTypeOf(value) == xsIntegerType && xsmcToInteger(value) == known->peerPort && holdsText(the, xsID_address, known->address) &&
		holdsText(the, xsID_localAddress, known->localAddress) && holdsText(the, xsID_interface, known->interface);
}

/* A property of the datagram `sender` that was read last, as the buffer's. */
static void describe(xsMachine *the, xsIdentifier property)
{
	xsmcGet(xsVar(1), xsVar(0), property);
	xsmcSet(xsArg(0), property, xsVar(1));
}

void xs_multihome_datagrams_read(xsMachine *the)
{
	Datagrams known = *datagramsOf(xsThis); /* which moves as JavaScript runs */
	if (!known.socket.block || !isUsual(the, 1)) {
		callRest(the, xsID_readRest);
		return;
	}
	Arena buffer = argArena(0);
	int32_t size = (int32_t)buffer.size;
	int32_t bytes = transport_udp_deliver_udpRead(&known.socket.arena, known.socket.block, &buffer, 0, size);
	if (bytes < 0)
		return;
	if (bytes >= ANOTHER) {
		bytes -= ANOTHER;
		xsmcCall_noResult(xsThis, xsID_senderChanged, NULL);
		known = *datagramsOf(xsThis);
	}
	if (!isDescribed(the, &known)) {
		xsmcVars(2);
		xsmcGet(xsVar(0), xsThis, xsID_sender);
		describe(the, xsID_address);
		describe(the, xsID_port);
		describe(the, xsID_localAddress);
		describe(the, xsID_interface);
	}
	xsmcSetInteger(xsResult, bytes < size ? bytes : size);
}

/* Whether the arguments are a buffer and the peer's address and port, and perhaps how many bytes of the buffer. */
static int isToPeer(xsMachine *the, const Datagrams *to)
{
	const int whole = isUsual(the, 3), part = isUsual(the, 4) && xsmcTypeOf(xsArg(3)) == xsIntegerType;
	return (whole || part) && to->address[0] && xsmcTypeOf(xsArg(2)) == xsIntegerType && xsmcToInteger(xsArg(2)) == to->peerPort &&
		xsmcTypeOf(xsArg(1)) == xsStringType && c_strcmp(xsmcToString(xsArg(1)), to->address) == 0;
}

void xs_multihome_datagrams_write(xsMachine *the)
{
	const Datagrams *to = datagramsOf(xsThis);
	const int usual = to->socket.block && isToPeer(the, to);
	if (usual) {
		const int32_t block = to->socket.block, peer = to->peer, port = to->peerPort;
		const Arena arena = to->socket.arena;
		Arena data = argReadable(0);
		const uint32_t length = xsmcArgc == 4 ? (uint32_t)xsmcToInteger(xsArg(3)) : data.size;
		int32_t answered =
			length <= data.size ? transport_udp_send_udpSend(&arena, block, peer, port, &data, 0, (int32_t)length) : DROPPED - 1;
		if (answered > 0) {
			xsSlot what;
			xsmcSetInteger(what, answered);
			xsmcCall_noResult(xsThis, xsID_packetWaits, &what, NULL);
		}
		if (answered >= DROPPED)
			return;
	}
	callRest(the, xsID_writeRest);
}
