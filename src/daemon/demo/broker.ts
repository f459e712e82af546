// The broker of the demo: aedes, in this process, loopback only. aedes is a package for development: the demo alone needs it.
import { createServer, type Socket } from 'node:net';

export interface DemoBroker {
  readonly url: string;
  close(): Promise<void>;
}

export async function openDemoBroker(port: number): Promise<DemoBroker> {
  const { Aedes } = await import('aedes');
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', done);
  });
  return {
    url: `mqtt://127.0.0.1:${port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => broker.close(() => done()));
    },
  };
}
