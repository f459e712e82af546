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
