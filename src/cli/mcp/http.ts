// The MCP server over streamable HTTP: a session for each assistant, with the caller's own token. Without one only this machine may call, under a
// name of its own (no page of a browser), and only when the command line has no token that it would lend. Used by run.ts.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server as McpServer } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { nodeHttp } from '../../base/node-http.ts';
import { repeatedHeader } from '../../base/single-headers.ts';

export interface McpHttpOptions {
  /** Address to listen on. */
  ip: string;
  port: number;
  /** Callers must send a token of their own. */
  needsToken: boolean;
  /** @param token of the caller, undefined when it sent none */
  session(token: string | undefined): McpServer;
  nowMs(): number;
}

export interface McpHttp {
  readonly url: string;
  close(): Promise<void>;
}

export const MAX_SESSIONS = 32;
const IDLE_MS = 30 * 60_000;
const MAX_BODY_BYTES = 1024 * 1024;

interface Session {
  readonly transport: StreamableHTTPServerTransport;
  readonly token: string | undefined;
  usedAtMs: number;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export async function openMcpHttp({ ip, port, needsToken, session, nowMs }: McpHttpOptions): Promise<McpHttp> {
  const sessions = new Map<string, Session>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, text: string) => void response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${text}\n`);
    const repeated = repeatedHeader(request);
    if (repeated !== undefined) return refuse(400, repeated);
    const { host = '', origin, authorization } = request.headers;
    const originHost = origin?.replace(/^https?:\/\//, '');
    if (authorization === undefined && (!LOOPBACK.test(host) || (originHost !== undefined && !LOOPBACK.test(originHost))))
      return refuse(403, 'without a token only programs of this machine may call');
    if (authorization === undefined && needsToken) return refuse(401, 'send a token of the gateway: Authorization: Bearer TOKEN');
    if (new URL(request.url ?? '/', 'http://x').pathname !== '/mcp') return refuse(404, 'the MCP server is at /mcp');
    const body = request.method === 'POST' ? await bodyOf(request) : undefined;
    if (body === 'too long') return refuse(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
    const id = request.headers['mcp-session-id'];
    if (typeof id === 'string') {
      const known = sessions.get(id);
      // a session is its maker's
      if (known === undefined || known.token !== authorization) return refuse(404, 'there is no such session');
      known.usedAtMs = nowMs();
      return known.transport.handleRequest(request, response, body);
    }
    for (const [old, s] of sessions)
      if (nowMs() - s.usedAtMs > IDLE_MS) {
        sessions.delete(old);
        await s.transport.close();
      }
    if (sessions.size >= MAX_SESSIONS) return refuse(503, `${MAX_SESSIONS} sessions are open; try again later`);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (made) => void sessions.set(made, { transport, token: authorization, usedAtMs: nowMs() }),
      onsessionclosed: (ended) => void sessions.delete(ended),
    });
    await session(authorization).connect(transport as never);
    return transport.handleRequest(request, response, body);
  };

  const server = nodeHttp().createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(400, { 'Content-Type': 'text/plain' }).end(`${messageOf(error)}\n`);
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ip, resolve);
  });
  const address = server.address() as { port: number };
  return {
    url: `http://${ip.includes(':') ? `[${ip}]` : ip}:${address.port}/mcp`,
    async close() {
      for (const { transport } of sessions.values()) await transport.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return 'too long';
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}
