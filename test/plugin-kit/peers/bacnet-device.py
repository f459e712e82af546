# A BACnet device of bacpypes3 for the tests of the plugin: `bacnet-device.py PORT`. Prints "ready" and serves until it is ended.
import asyncio
import sys

from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.analog import AnalogValueObject
from bacpypes3.local.binary import BinaryValueObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address


async def main() -> None:
    device = DeviceObject(objectIdentifier=("device", 77), objectName="Plant", vendorIdentifier=999, maxApduLengthAccepted=1024, segmentationSupported="segmentedBoth")
    app = NormalApplication(device, IPv4Address(f"127.0.0.1/32:{sys.argv[1]}"))
    for i in range(1, 31):
        app.add_object(AnalogValueObject(objectIdentifier=("analogValue", i), objectName=f"Value {i}", presentValue=i + 0.5, units="degreesCelsius", outOfService=(i == 1), statusFlags=[0, 0, 0, int(i == 1)], description="Süd" if i == 1 else f"Nr {i}"))
    app.add_object(BinaryValueObject(objectIdentifier=("binaryValue", 1), objectName="Pump", presentValue="active", statusFlags=[0, 0, 0, 0]))
    if len(sys.argv) > 2 and sys.argv[2] == "single":
        # a small device: it refuses to read several properties at a time
        from bacpypes3.errors import UnrecognizedService

        async def refuse(self, apdu):
            raise UnrecognizedService()

        NormalApplication.do_ReadPropertyMultipleRequest = refuse
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
