# Runs the Modbus server of pymodbus for the tests: python server.py tcp PORT | rtu DEVICE. Prints "ready".
# `encode` instead prints registers as pymodbus's own encoder makes them: one JSON line per JSON line of input.
import asyncio
import json
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
        value = job["value"] if job["type"] == "string" else (float(job["value"]) if job["type"].startswith("float") else int(job["value"]))
        print(json.dumps(M.convert_to_registers(value, types[job["type"]], word_order=job["words"])), flush=True)


if sys.argv[1] == "encode":
    encode()
else:
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
