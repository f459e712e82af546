// One path of the data server that takes pushed bodies. All sources of that path share it: a body goes to each one whose method it is, and
// the answer waits for all of them. Made by index.ts through the connection pool.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DataServer } from '../../base/data-server.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { PooledConnection } from '../../contract/context.ts';

/** @returns the answer: `safe` when all rules have the message where it cannot get lost */
export type Take = (body: Buffer) => Promise<'safe' | 'taken'>;

interface Taker {
  method: string;
  maxBodyBytes: number;
  take: Take;
}

/** Requests that wait for their answer at once; beyond it clients are asked to come back. */
const MAX_WAITING = 1000;

export class PushEndpoint implements PooledConnection {
  private readonly takers = new Set<Taker>();
  private readonly opened: Promise<() => void>;
  private waiting = 0;

  constructor(server: DataServer, path: string) {
    this.opened = server.add({ path, request: (request, response) => void this.answer(request, response) });
    // whoever joins is told; nobody else may be there to hear of it
    this.opened.catch(() => undefined);
  }

  /** @returns how to leave  @throws ioError when the data server cannot listen */
  async join(taker: Taker): Promise<() => void> {
    await this.opened;
    this.takers.add(taker);
    return () => this.takers.delete(taker);
  }

  async close(): Promise<void> {
    const remove = await this.opened.catch(() => undefined);
    remove?.();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const takers = [...this.takers].filter((t) => t.method === request.method);
    if (takers.length === 0)
      return end(response, 405, `this path takes ${[...new Set([...this.takers].map((t) => t.method))].join(' and ')}`);
    if (this.waiting >= MAX_WAITING) {
      response.setHeader('Retry-After', '1');
      return end(response, 503, 'the rules are behind; try again');
    }
    this.waiting++;
    try {
      const body = await read(request, Math.min(...takers.map((t) => t.maxBodyBytes))).catch(() => 'gone' as const);
      // the client went away before its body was complete: nothing is taken
      if (body === 'gone') return void response.destroy();
      if (body === undefined) return end(response, 413, 'the body is too large');
      const answers = await Promise.all(takers.map((t) => t.take(body)));
      if (answers.every((a) => a === 'safe')) end(response, 200, 'ok');
      else end(response, 202, 'taken, and not yet where it cannot get lost');
    } catch (error) {
      end(response, 500, messageOf(error));
    } finally {
      this.waiting--;
    }
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
}

/** @returns undefined when it is larger than allowed  @throws when the client breaks off */
async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // the rest is read and forgotten, so that the client gets its answer
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size > maxBytes ? undefined : Buffer.concat(chunks);
}
