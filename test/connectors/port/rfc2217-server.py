# The server of RFC 2217 in pyserial, over a pty: python rfc2217-server.py DEVICE. Prints its TCP port, then each setting that a client makes.
import socket
import sys
import threading

import serial
import serial.rfc2217


# a pty has no modem lines
serial.rfc2217.PortManager.check_modem_lines = lambda self, force_notification=False: None


def main():
    port = serial.serial_for_url(sys.argv[1], do_not_open=True)
    port.timeout = 0.05
    port.open()
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    print(server.getsockname()[1], flush=True)
    while True:
        client, _ = server.accept()
        client.settimeout(5)
        manager = serial.rfc2217.PortManager(port, type("Connection", (), {"write": lambda self, data: client.sendall(data)})())
        alive = [True]

        def reader():
            while alive[0]:
                data = port.read(port.in_waiting or 1)
                if data:
                    client.sendall(b"".join(manager.escape(data)))

        thread = threading.Thread(target=reader, daemon=True)
        thread.start()
        try:
            last = None
            while True:
                try:
                    data = client.recv(1024)
                except TimeoutError:
                    continue
                if not data:
                    break
                port.write(b"".join(manager.filter(data)))
                now = (port.baudrate, port.bytesize, port.parity, port.stopbits)
                if now != last:
                    last = now
                    print("line", *now, flush=True)
        except OSError:
            pass
        finally:
            alive[0] = False
            thread.join()
            client.close()


main()
