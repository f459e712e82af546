"""A socket of libzmq for the tests of the connector zmq: `pub URL` binds and publishes lines of standard input (JSON: list of parts), `sub URL TOPIC`
connects and prints what comes in the same form. Prints `ready` first."""
import json
import sys
import zmq

kind, url = sys.argv[1:3]
context = zmq.Context()
if kind == "pub":
    socket = context.socket(zmq.PUB if len(sys.argv) < 4 else zmq.XPUB)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.bind(url)
    print("ready", zmq.zmq_version(), flush=True)
    if socket.type == zmq.XPUB:
        print(json.dumps([socket.recv().decode("latin-1")]), flush=True)
    for line in sys.stdin:
        socket.send_multipart([p.encode() for p in json.loads(line)])
    context.destroy(linger=1000)
else:
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.connect(url)
    socket.setsockopt_string(zmq.SUBSCRIBE, sys.argv[3])
    print("ready", zmq.zmq_version(), flush=True)
    while True:
        print(json.dumps([p.decode() for p in socket.recv_multipart()]), flush=True)
