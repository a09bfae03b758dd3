// The door to what is compiled: what is exported here, and what that reaches, is flat TypeScript, which becomes C on XS. Interpreted code imports it as "#codec".
// `view` is the arena, everywhere, and positions are byte offsets in it. Bad offsets throw RangeError.

export * from "./wire/codec.ts";

// The poll, and what the interpreter does between.
export { dequeue, queueHead, queueRun } from "./link/transmit.ts";
export {
	linkArp,
	linkAsk,
	linkAskRouters,
	linkCanSend,
	linkHasSubnet,
	linkNeighbor,
	linkRedirected,
	linkSeek,
	linkSendGroup,
	linkTry,
} from "./link/calls.ts";
export { changeRoutes, neighborFlush } from "./link/neighbors.ts";
export { carriedFill } from "./link/carried.ts";
export { stationsForget, stationsKnown } from "./link/stations.ts";
export { tunnelMake } from "./link/tunnels.ts";
export { vlanEnter } from "./link/vlans.ts";
export { pathAsk, pathSource } from "./ip/calls.ts";
export { fragmentTimers } from "./ip/fragments.ts";
export { tunnelAnswered, tunnelAsk, tunnelHasWay } from "./ip/tunnel-out.ts";
export { pathMtuTimers } from "./ip/path-mtu.ts";
export { routerMap, routerPrefixes, routerSet } from "./ip/router/calls.ts";
export { natMoved, sessionSweep } from "./ip/router/sessions.ts";
export { routeIndex } from "./ip/route-lookup.ts";
export { isGroup, isLocal, ownerSlot } from "./ip/way.ts";
export { ownFill } from "./ip/own-fill.ts";
export { ownAdd, ownFind } from "./ip/own.ts";
export { routeEntry, routeFind } from "./ip/route-find.ts";
export { lineAnswered, linePack, lineRelease } from "./link/line.ts";
export { tcpRead, tcpWrite } from "./transport/tcp/data.ts";
export { addressRead } from "./packet/address-read.ts";
export { copyAddress, samePrefix, setNone, setV4, setV4OrNone } from "./packet/address.ts";
export { chachaBlock } from "./packet/chacha.ts";
export { chance32, chanceSeed, rawProblem } from "./packet/chance.ts";
export { deadline } from "./packet/deadline.ts";
export { newsOwned, newsPost } from "./packet/news.ts";
export { packetAcquire, packetAcquireControl, packetRelease, takePacket, takeSpare } from "./packet/packets.ts";
export { notice, setNoticed, setPolled } from "./packet/slots.ts";
export { flowEntry, flowFind } from "./transport/flow-find.ts";
export { listenPort } from "./transport/flow-table.ts";
export {
	echoClose,
	echoInterfaceGone,
	echoMost,
	echoOpen,
	echoSend,
	echoSetHops,
	echoTake,
	echoWay,
} from "./transport/ping/echo.ts";
export { rawAddressGone, rawClose, rawInterfaceGone, rawOpen } from "./transport/raw/open.ts";
export { frameSend, rawSend } from "./transport/raw/send.ts";
export {
	tcpAbort,
	tcpAccept,
	tcpAcceptable,
	tcpClose,
	tcpConnect,
	tcpListen,
	tcpRelease,
	tcpSetKeepAlive,
	tcpSetLeastRate,
	tcpSetLinger,
	tcpSetNoDelay,
	tcpSetUserTimeout,
	tcpShutdown,
	tcpStart,
	tcpTake,
} from "./transport/tcp/open.ts";
export { tcpFastOpen } from "./transport/tcp/fast-open.ts";
export { tcpSetHops } from "./transport/tcp/life.ts";
export { streamByte, streamIn, streamRead, streamWrite } from "./transport/tcp/stream.ts";
export { tcpAvailable, tcpKeepFree } from "./transport/tcp/seats.ts";
export { tcpAddressGone, tcpAwaitWay, tcpInterfaceGone, tcpLost, tcpWaysChanged } from "./transport/tcp/ways.ts";
export { udpAgain, udpDeliver, udpForget, udpNext, udpRead } from "./transport/udp/deliver.ts";
export { errorTake } from "./transport/udp/errors.ts";
export {
	udpAddressGone,
	udpClose,
	udpInterfaceGone,
	udpOpen,
	udpOpenService,
	udpSetBits,
	udpSetHops,
} from "./transport/udp/open.ts";
export { udpMost, udpSend, udpSendBy, udpSendFrom } from "./transport/udp/send.ts";
export { frameArrives } from "./turn/receive.ts";
export { turn, turnBegin, turnRoom, turnWaiting } from "./turn/turn.ts";
export { timerDue, timerNext, timerSet } from "./packet/timers.ts";
