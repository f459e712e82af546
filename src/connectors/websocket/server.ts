// The server's side of one path: what any client sends goes to all sources, what a sink gives goes to all clients. Shared by the sources and
// sinks of the path through the connection pool. Next: source.ts, sink.ts.
import type { WebSocket } from 'ws';
import type { DataServer } from '../../base/data-server.ts';
import type { PooledConnection } from '../../contract/context.ts';

/** What may lie unread for one client. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** A frame larger than this ends the connection. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** RFC 6455: policy violation. */
const NOT_ALLOWED = 1008;

export type OnText = (text: Buffer) => void | Promise<void>;

export class WebsocketServerPath implements PooledConnection {
  private readonly clients = new Set<WebSocket>();
  private readonly readers = new Set<OnText>();
  private readonly opened: Promise<() => void>;

  constructor(server: DataServer, path: string) {
    this.opened = this.listen(server, path);
    // whoever waits for `ready` is told
    this.opened.catch(() => undefined);
  }

  /** @throws ioError when the data server cannot listen */
  async ready(): Promise<void> {
    await this.opened;
  }

  read(onText: OnText): () => void {
    this.readers.add(onText);
    return () => this.readers.delete(onText);
  }

  /** @returns number of clients that were cut because they do not read */
  broadcast(text: string): number {
    let cut = 0;
    for (const client of this.clients) {
      client.send(text);
      if (client.bufferedAmount <= MAX_UNREAD_BYTES) continue;
      client.terminate();
      cut++;
    }
    return cut;
  }

  async close(): Promise<void> {
    const remove = await this.opened.catch(() => undefined);
    remove?.();
    for (const client of this.clients) client.terminate();
  }

  private async listen(server: DataServer, path: string): Promise<() => void> {
    const { WebSocketServer } = await import('ws');
    const handshakes = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
    return server.add({
      path,
      upgrade: (request, socket, head, mayWrite) =>
        handshakes.handleUpgrade(request, socket, head, (client) => this.welcome(client, mayWrite)),
    });
  }

  private welcome(client: WebSocket, mayWrite: boolean): void {
    this.clients.add(client);
    client.on('close', () => this.clients.delete(client));
    client.on('error', () => client.terminate()); // a broken client is gone; others go on
    client.on('message', (data, isBinary) => {
      if (!mayWrite) return client.close(NOT_ALLOWED, 'a token of role viewer may only read here');
      if (isBinary) return; // as in eKuiper
      const waits: Promise<void>[] = [];
      for (const reader of this.readers) {
        const wait = reader(data as Buffer);
        if (wait) waits.push(wait);
      }
      if (waits.length === 0) return;
      client.pause();
      void Promise.all(waits).then(() => client.resume());
    });
  }
}
