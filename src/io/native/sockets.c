// The sockets' data path on host data: ../sockets.ts says what each function does. Whatever is not usual is handed to the TypeScript method, which
// may throw: nothing is held here then. What an instance has is copied before anything is called that can allocate, as that moves chunks.

#include "arena.h"

#include "xsHost.h"
#include "mc.xs.h"

#include "transport_tcp_data.h"
#include "transport_udp_send.h"
#include "wire_deliver.h"
#include "wire_stream.h"

/* Beside a count: a poll must be asked for (transport/tcp/data.ts). */
#define WAKE 0x10000

/* In what udpRead answers: not from where the last datagram came (wire/kinds.ts). */
#define ANOTHER 0x10000

/* Of an instance, in a chunk: so XS takes it for no buffer, and it moves, as chunks do. */
typedef struct {
	Arena arena; /* a host buffer, which never moves; the instance refers to its view */
	int32_t block; /* 0: closed */
	int32_t byBytes; /* format "number" */
	int32_t peer; /* of UDP: address and port of the last datagram's */
	int32_t peerPort;
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

/* Both constructors. */
void xs_multihome_socket(xsMachine *the)
{
	Socket socket = { .arena = argMemory(0) };
	xsmcSetHostChunk(xsThis, &socket, sizeof(socket));
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
		int32_t byte = wire_stream_streamByte(&stream.arena, stream.block);
		if (byte >= 0) {
			xsmcSetInteger(xsResult, byte);
			return;
		}
	} else if (stream.block && isUsual(the, 1)) {
		Arena buffer = argArena(0);
		int32_t count = transport_tcp_data_tcpRead(&stream.arena, stream.block, &buffer, 0, (int32_t)buffer.size);
		if (count != 0)
			answer(the, count);
		return;
	}
	callRest(the, xsID_readRest);
}

void xs_multihome_stream_write(xsMachine *the)
{
	const Socket stream = *streamOf(xsThis);
	if (stream.block && !stream.byBytes && isUsual(the, 1)) {
		Arena data = argReadable(0);
		int32_t room = transport_tcp_data_tcpWrite(&stream.arena, stream.block, &data, 0, (int32_t)data.size);
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
	datagramsOf(xsArg(0))->block = block;
}

void xs_multihome_datagrams_meet(xsMachine *the)
{
	int32_t peer = intArg(1), peerPort = intArg(2);
	Socket *socket = datagramsOf(xsArg(0));
	socket->peer = peer;
	socket->peerPort = peerPort;
}

/* A property of the datagram `sender` that was read last, as the buffer's. */
static void describe(xsMachine *the, xsIdentifier property)
{
	xsmcGet(xsVar(1), xsVar(0), property);
	xsmcSet(xsArg(0), property, xsVar(1));
}

void xs_multihome_datagrams_read(xsMachine *the)
{
	const Socket socket = *datagramsOf(xsThis);
	if (!socket.block || !isUsual(the, 1)) {
		callRest(the, xsID_readRest);
		return;
	}
	Arena buffer = argArena(0);
	int32_t size = (int32_t)buffer.size;
	int32_t bytes = wire_deliver_udpRead(&socket.arena, socket.block, &buffer, 0, size);
	if (bytes < 0)
		return;
	if (bytes >= ANOTHER) {
		bytes -= ANOTHER;
		xsmcCall(xsResult, xsThis, xsID_senderChanged, NULL);
	}
	xsmcVars(2);
	xsmcGet(xsVar(0), xsThis, xsID_sender);
	describe(the, xsID_address);
	describe(the, xsID_port);
	describe(the, xsID_localAddress);
	describe(the, xsID_interface);
	xsmcSetInteger(xsResult, bytes < size ? bytes : size);
}

/* Whether the arguments are a buffer, and the address and port of the peer. Texts that are one lie at one place. A getter of the program's may be called. */
static int toPeer(xsMachine *the)
{
	int32_t port = datagramsOf(xsThis)->peerPort;
	if (!port || !isUsual(the, 3) || xsmcTypeOf(xsArg(2)) != xsIntegerType || xsmcToInteger(xsArg(2)) != port)
		return 0;
	if (xsmcTypeOf(xsArg(1)) != xsStringType)
		return 0;
	xsmcVars(1);
	xsmcGet(xsVar(0), xsThis, xsID_sender);
	xsmcGet(xsVar(0), xsVar(0), xsID_address);
	if (xsmcTypeOf(xsVar(0)) != xsStringType)
		return 0;
	const char *known = xsmcToString(xsVar(0)), *text = xsmcToString(xsArg(1));
	return known == text || c_strcmp(known, text) == 0;
}

void xs_multihome_datagrams_write(xsMachine *the)
{
	const int usual = toPeer(the);
	const Socket socket = *datagramsOf(xsThis);
	if (socket.block && usual) {
		Arena data = argReadable(0);
		int32_t answered =
			transport_udp_send_udpSend(&socket.arena, socket.block, socket.peer, socket.peerPort, &data, 0, (int32_t)data.size);
		if (answered > 0)
			xsmcCall_noResult(xsThis, xsID_packetWaits, NULL);
		if (answered >= 0)
			return;
	}
	callRest(the, xsID_writeRest);
}
