# A solar logger for the tests: python solarman-logger.py SERIAL PORT. Envelopes are read and made by package pysolarmanv5, RTU by uModbus (which pysolarmanv5
# needs). Register i of unit 1 holds 5000 + i. Odd on purpose, as loggers are: a heartbeat goes before each third reply, each second reply carries
# its checksum twice, each fourth comes in two pieces; address 900 is answered like an inverter that is silent, 901 with a refusal of the logger's own; another
# serial number than SERIAL is refused with the right one. Prints "ready", then what is asked of it, a line each.
import socket
import struct
import sys
import time

from pysolarmanv5 import PySolarmanV5
from umodbus.client.serial.redundancy_check import add_crc, validate_crc


class Envelope(PySolarmanV5):
    def _socket_setup(self, *args, **kwargs):
        pass


SERIAL = int(sys.argv[1])
tool = Envelope("127.0.0.1", SERIAL, socket="", auto_reconnect=False)


def envelope(control, sequence, payload):
    tool.v5_loggerserial = struct.pack("<I", SERIAL)
    tool.v5_length = struct.pack("<H", len(payload))
    frame = bytearray(b"\xa5" + struct.pack("<HH", len(payload), control) + sequence + struct.pack("<I", SERIAL) + payload + b"\x00\x15")
    frame[-2] = tool._calculate_v5_frame_checksum(bytes(frame))
    return bytes(frame)


def rtu_of(data):
    """The RTU frame of a request, taken out by pysolarmanv5: it reads replies, so the request is made to look like one."""
    reply = bytearray(data)
    reply[3:5] = struct.pack("<H", 0x1510)
    reply[11:12] = b"\x02"
    reply[-2] = tool._calculate_v5_frame_checksum(bytes(reply))
    tool.sequence_number = data[5]
    tool.v5_loggerserial = data[7:11]
    # a request has one byte more before the RTU frame
    return tool._v5_frame_decoder(bytes(reply))[1:]


def answer(rtu):
    validate_crc(rtu)
    unit, fn, address, count = struct.unpack(">BBHH", rtu[:6])
    if fn in (3, 4):
        body = struct.pack(">BBB", unit, fn, 2 * count) + b"".join(struct.pack(">H", registers[address + i]) for i in range(count))
    elif fn == 6:
        registers[address] = count
        body = rtu[:6]
    else:
        body = struct.pack(">BBB", unit, fn | 0x80, 1)
    return bytes(add_crc(body))


registers = [5000 + i for i in range(1000)]
server = socket.create_server(("127.0.0.1", int(sys.argv[2])))
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    own = 0
    asked = 0
    while True:
        try:
            data = peer.recv(1024)
        except OSError:
            break
        if not data:
            break
        if data[3:5] != struct.pack("<H", 0x4510):
            # the time that it wanted
            print("time " + data.hex(), flush=True)
            continue
        # pysolarmanv5 checks what it takes apart: a wrong checksum or length ends the test
        assert data[-2] == tool._calculate_v5_frame_checksum(data)
        asked += 1
        own = (own + 1) & 0xFF
        sequence = bytes([data[5], own])
        head = b"\x02\x01" + struct.pack("<III", 1000 + asked, asked, 1_600_000_000)
        if data[7:11] != struct.pack("<I", SERIAL):
            print(f"refused serial {struct.unpack('<I', data[7:11])[0]}", flush=True)
            peer.sendall(envelope(0x1510, sequence, head + b"\x06\x00"))
            continue
        rtu = rtu_of(data)
        address = struct.unpack(">H", rtu[2:4])[0]
        print("rtu " + rtu.hex(), flush=True)
        if asked % 3 == 0:
            peer.sendall(envelope(0x4710, bytes([data[5], own]), b"\x00"))
        if address in (900, 901):
            peer.sendall(envelope(0x1510, sequence, head + (b"\x05\x00" if address == 900 else b"\x02\x00")))
            continue
        reply = answer(rtu)
        if asked % 2 == 0:
            reply = bytes(add_crc(reply))
        out = envelope(0x1510, sequence, head + reply)
        if asked % 4 == 0:
            peer.sendall(out[:17])
            time.sleep(0.03)
            out = out[17:]
        peer.sendall(out)
