"""A PAIR socket of NNG that listens, as the eKuiper app of Neuron does: sends lines of standard input (JSON texts), prints what comes."""
import json
import sys
import threading
import pynng

socket = pynng.Pair0(listen=sys.argv[1], send_buffer_size=100)
print("ready", pynng.__version__, flush=True)


def receive():
    while True:
        print(socket.recv().decode(), flush=True)


threading.Thread(target=receive, daemon=True).start()
for line in sys.stdin:
    socket.send(json.loads(line).encode("latin-1"))
