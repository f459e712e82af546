// A broker that refuses what a test wants it to refuse: subscriptions (SUBACK 128) or confirmations (no PUBACK).
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface StubbornBroker {
  readonly url: string;
  close(): Promise<void>;
}

export async function openStubbornBroker(refuse: { subscriptions?: boolean; confirmations?: boolean }): Promise<StubbornBroker> {
  const { Aedes } = await import('aedes');
  const broker = await Aedes.createBroker({
    ...(refuse.subscriptions
      ? { authorizeSubscribe: (_client: unknown, _sub: unknown, done: (error: null, sub: null) => void) => done(null, null) }
      : {}),
    // never answered: neither yes nor no
    ...(refuse.confirmations ? { authorizePublish: () => undefined } : {}),
  } as never);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}

/** A broker that takes everything at QoS 1, but closes the connection on a publication that holds the text. */
export async function brokerThatHangsUpOn(text: string): Promise<StubbornBroker> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (packets: Buffer) => {
      for (let at = 0; at < packets.length; ) {
        // remaining length below 16,384
        const first = packets[at + 1]!;
        const length = first < 128 ? first : (first & 127) + packets[at + 2]! * 128;
        const body = at + (first < 128 ? 2 : 3);
        const packet = packets.subarray(body, body + length);
        const type = packets[at]! >> 4;
        if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
        else if (type === 12) socket.write(Buffer.from([0xd0, 0]));
        else if (type === 3 && packet.includes(text)) return void socket.destroy();
        else if (type === 3) {
          const topicBytes = packet.readUInt16BE(0);
          socket.write(Buffer.from([0x40, 2, packet[2 + topicBytes]!, packet[3 + topicBytes]!]));
        }
        at = body + length;
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
    },
  };
}
