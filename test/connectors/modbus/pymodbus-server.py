# Runs the Modbus server of pymodbus for the tests: python server.py tcp PORT | rtu DEVICE. Prints "ready".
# `client tcp|rtu WHERE UNIT` reads and writes a server as pymodbus's client does and prints what it found.
# `sunspec PORT JSON` serves only the holding registers {address: [words]} of unit 1; others are refused.
# `encode` instead prints registers as pymodbus's own encoder makes them: one JSON line per JSON line of input.
import asyncio
import json
import struct
import sys

UNITS = [1, 2, 3]


def context():
    from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext

    # every register and coil tells unit, table and address, so that a value of another place is seen
    def block(unit, table):
        return ModbusSequentialDataBlock(1, [unit * 4096 + table * 1024 + i for i in range(1000)])

    def bits(unit, table):
        return ModbusSequentialDataBlock(1, [bool((i * 7 + unit + table) % 3 == 0) for i in range(1000)])

    return ModbusServerContext(
        devices={u: ModbusDeviceContext(co=bits(u, 0), di=bits(u, 1), hr=block(u, 2), ir=block(u, 3)) for u in UNITS},
        single=False,
    )


async def serve(kind, where):
    from pymodbus import FramerType
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer

    if kind == "tcp":
        server = ModbusTcpServer(context(), address=("127.0.0.1", int(where)))
    else:
        server = ModbusSerialServer(context(), framer=FramerType.ASCII if kind == "ascii" else FramerType.RTU, port=where, baudrate=115200)
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


def encode():
    from pymodbus.client.mixin import ModbusClientMixin as M

    types = {
        "int16": M.DATATYPE.INT16, "uint16": M.DATATYPE.UINT16, "int32": M.DATATYPE.INT32, "uint32": M.DATATYPE.UINT32,
        "int64": M.DATATYPE.INT64, "uint64": M.DATATYPE.UINT64, "float32": M.DATATYPE.FLOAT32, "float64": M.DATATYPE.FLOAT64,
        "string": M.DATATYPE.STRING,
    }
    for line in sys.stdin:
        job = json.loads(line)
        # pymodbus knows neither; Python does: half floats by struct, BCD by digits read as hexadecimal
        if job["type"] == "float16":
            print(json.dumps([int.from_bytes(struct.pack(">e", float(job["value"])), "big")]), flush=True)
            continue
        if job["type"].startswith("bcd"):
            words = int(job["type"][3:]) // 16
            bits = int(job["value"], 16)
            out = [(bits >> (16 * i)) & 0xFFFF for i in reversed(range(words))]
            print(json.dumps(out if job["words"] == "big" else out[::-1]), flush=True)
            continue
        value = job["value"] if job["type"] == "string" else (float(job["value"]) if job["type"].startswith("float") else int(job["value"]))
        print(json.dumps(M.convert_to_registers(value, types[job["type"]], word_order=job["words"])), flush=True)


def client(kind, where, unit):
    from pymodbus import FramerType
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient

    if kind == "tcp":
        c = ModbusTcpClient("127.0.0.1", port=int(where), timeout=2)
    else:
        c = ModbusSerialClient(where, framer=FramerType.RTU, baudrate=115200, timeout=2)
    assert c.connect()
    c.write_registers(500, [7, 8], device_id=unit)
    c.write_register(510, 0x00F0, device_id=unit)
    c.mask_write_register(address=510, and_mask=0x0000, or_mask=0x000F, device_id=unit)
    print(json.dumps({
        "coils": c.read_coils(2, count=3, device_id=unit).bits[:3],
        "registers": c.read_holding_registers(10, count=3, device_id=unit).registers,
        "written": c.read_holding_registers(500, count=2, device_id=unit).registers,
        "mask": c.read_holding_registers(510, count=1, device_id=unit).registers[0],
        "exception": c.read_holding_registers(5000, count=1, device_id=unit).exception_code,
    }), flush=True)
    c.close()


async def sunspec(where, registers):
    from pymodbus.datastore import ModbusDeviceContext, ModbusServerContext, ModbusSparseDataBlock
    from pymodbus.server import ModbusTcpServer

    block = ModbusSparseDataBlock({int(a) + 1: words for a, words in json.loads(registers).items()})
    server = ModbusTcpServer(ModbusServerContext(devices={1: ModbusDeviceContext(hr=block)}, single=False), address=("127.0.0.1", int(where)))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


if sys.argv[1] == "sunspec":
    asyncio.run(sunspec(sys.argv[2], sys.argv[3]))
elif sys.argv[1] == "encode":
    encode()
elif sys.argv[1] == "client":
    client(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
