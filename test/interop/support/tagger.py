# A switch's port for a VLAN, where the kernel has none: frames of a new TAP go out by a device with the tag, those with the tag come to the TAP without it.
#   tagger.py DEVICE VID TAP
import fcntl
import select
import socket
import struct
import sys

device, vid, tap = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ETH_P_ALL = 3
ETH_P_8021Q = b"\x81\x00"
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000

port = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(port, TUNSETIFF, struct.pack("16sH22x", tap.encode(), IFF_TAP | IFF_NO_PI))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
wire.bind((device, ETH_P_ALL))
wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
print("ready", flush=True)
while True:
    for source in select.select([port, wire], [], [])[0]:
        if source is port:
            frame = port.read(2048)
            wire.send(frame[:12] + ETH_P_8021Q + struct.pack("!H", vid) + frame[12:])
            continue
        frame, more, _, address = wire.recvmsg(2048, 128)
        if address[2] == PACKET_OUTGOING:
            continue
        tag = None
        if frame[12:14] == ETH_P_8021Q:
            tag = struct.unpack("!H", frame[14:16])[0]
            frame = frame[:12] + frame[16:]
        for level, kind, data in more:
            # struct tpacket_auxdata: the kernel has taken the tag off.
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", data[:20])
                if status & 0x10:
                    tag = tci
        if tag is not None and tag & 0xFFF == vid:
            try:
                port.write(frame)
            except OSError:
                pass  # it is not up
