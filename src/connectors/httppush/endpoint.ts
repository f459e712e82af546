// One path of the data server that takes pushed bodies. All sources of that path share it: a body goes to each one whose method it is, and
// the answer waits for all of them. Made by index.ts through the connection pool.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DataServer } from '../../base/data-server.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { BodyBudget, leaveBody } from '../../base/http-gate.ts';
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
/** Bodies of a path that are held at once. */
const MAX_BODIES_BYTES = 64 * 1024 * 1024;

export class PushEndpoint implements PooledConnection {
  private readonly takers = new Set<Taker>();
  private readonly opened: Promise<() => void>;
  private waiting = 0;
  private readonly budget = new BodyBudget(MAX_BODIES_BYTES);

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
    if (takers.length === 0) leaveBody(request, response);
    if (takers.length === 0)
      return end(response, 405, `this path takes ${[...new Set([...this.takers].map((t) => t.method))].join(' and ')}`);
    if (this.waiting >= MAX_WAITING) {
      return later(request, response, 'the rules are behind; try again');
    }
    this.waiting++;
    let held = 0;
    try {
      const maxBytes = Math.min(...takers.map((t) => t.maxBodyBytes));
      const body = await read(request, maxBytes, this.budget).catch(() => 'gone' as const);
      // the client went away before its body was complete: nothing is taken
      if (body === 'gone') return void response.destroy();
      if (body === 'too much') return later(request, response, 'other bodies are being read; try again');
      if (body === undefined) return end(response, 413, 'the body is too large');
      held = body.length;
      const answers = await Promise.all(takers.map((t) => t.take(body)));
      if (answers.every((a) => a === 'safe')) end(response, 200, 'ok');
      else end(response, 202, 'taken, and not yet where it cannot get lost');
    } catch (error) {
      end(response, 500, messageOf(error));
    } finally {
      this.budget.give(held);
      this.waiting--;
    }
  }
}

function later(request: IncomingMessage, response: ServerResponse, why: string): void {
  leaveBody(request, response);
  response.setHeader('Retry-After', '1');
  end(response, 503, why);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
}

/** The bytes that it returns are taken from the budget.
 *  @returns undefined when it is larger than allowed, 'too much' when others hold too many bytes  @throws when the client breaks off */
async function read(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Buffer | undefined | 'too much'> {
  const chunks: Buffer[] = [];
  let size = 0;
  let whole = false;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      // the rest is read and forgotten, so that the client gets its answer
      if (size + chunk.length > maxBytes) {
        request.resume();
        return undefined;
      }
      if (!budget.take(chunk.length)) return 'too much';
      size += chunk.length;
      chunks.push(chunk);
    }
    whole = true;
    return Buffer.concat(chunks);
  } finally {
    if (!whole) budget.give(size);
  }
}
