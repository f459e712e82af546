"""Instruments on a serial line for the campaign of requests: units 1 to 4 with two quantities each, whose answers are lost, late, doubled, damaged, cut in
pieces, mixed with noise or said by another. A value tells who said it. Ends when its input does, and then prints what it did, as JSON.
  python3 instruments.py DEVICE plain|named|binary SEED"""
import heapq
import json
import os
import random
import select
import struct
import sys
import termios
import time
import tty

device, dialect, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(seed)
line = os.open(device, os.O_RDWR | os.O_NOCTTY)
tty.setraw(line, termios.TCSANOW)
FAULTS = {
    # nothing in an answer says whose it is: what is doubled or said by another cannot be told apart by anybody
    "plain": {"lost": 0.0006, "late": 0.004, "pieces": 0.01, "spoilt": 0.0006},
    "named": {"lost": 0.001, "late": 0.003, "pieces": 0.01, "damaged": 0.004, "doubled": 0.01, "foreign": 0.01, "noise": 0.005},
    "binary": {"lost": 0.001, "late": 0.003, "pieces": 0.01, "damaged": 0.004, "doubled": 0.01, "foreign": 0.01, "noise": 0.005},
}[dialect]
done = {name: 0 for name in [*FAULTS, "requests", "echoes"]}
said = {}
earlier = []
plan = []
turn = 0


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def answer_of(unit, kind):
    n = said[unit, kind] = said.get((unit, kind), 0) + 1
    value = (unit * 10 + kind) * 1000 + n % 1000
    if dialect == "plain":
        return b"%d.5\n" % value
    if dialect == "named":
        text = b"%02d %d %d.5" % (unit, kind, value)
        return b"\x02" + text + b"\x03" + b"%04X" % crc16(text)
    body = struct.pack(">BBI", unit, kind, value)
    return b"\xa5" + body + struct.pack("<H", crc16(body))


def damaged(frame):
    """Flips bits within 16 neighbouring ones: what every CRC of 16 bits notices."""
    bits = int.from_bytes(frame, "big")
    length = chance.randint(1, 16)
    first = chance.randint(0, len(frame) * 8 - length)
    burst = chance.getrandbits(length) | 1 | 1 << (length - 1)
    return (bits ^ (burst << first)).to_bytes(len(frame), "big")


def hits(name):
    if name not in FAULTS or chance.random() >= FAULTS[name]:
        return False
    done[name] += 1
    return True


def later(seconds, data):
    global turn
    turn += 1
    heapq.heappush(plan, (time.monotonic() + seconds, turn, data))


def answer(unit, kind):
    frame = answer_of(unit, kind)
    # the asking side waits 200 ms
    at = chance.uniform(0.26, 0.6) if hits("late") else 0
    if hits("noise"):
        later(at, bytes(chance.getrandbits(8) for _ in range(chance.randint(1, 12))))
    if hits("foreign") and earlier:
        later(at, chance.choice(earlier))
    earlier[:] = [*earlier[-20:], frame]
    if hits("lost"):
        return
    if hits("spoilt"):
        frame = b"?" + frame
    if hits("damaged"):
        frame = damaged(frame)
    for repeat in range(2 if hits("doubled") else 1):
        if hits("pieces"):
            cut = chance.randint(1, len(frame) - 1)
            later(at + repeat * 0.002, frame[:cut])
            later(at + repeat * 0.002 + 0.015, frame[cut:])
        else:
            later(at + repeat * 0.002, frame)


held = b""
print("ready", flush=True)
while True:
    wait = max(0, plan[0][0] - time.monotonic()) if plan else None
    readable, _, _ = select.select([line, 0], [], [], wait)
    while plan and plan[0][0] <= time.monotonic():
        os.write(line, heapq.heappop(plan)[2])
    if 0 in readable and not os.read(0, 100):
        break
    if line not in readable:
        continue
    held += os.read(line, 4096)
    while b"\n" in held:
        request, held = held.split(b"\n", 1)
        if dialect == "plain":
            # an adapter that hears itself
            os.write(line, request + b"\n")
            done["echoes"] += 1
        done["requests"] += 1
        # "#02 1", or # and two bytes
        unit, kind = (request[1], request[2]) if dialect == "binary" else map(int, request[1:].split())
        answer(unit, kind)
print(json.dumps(done), flush=True)
