// Answers a browser that asks for a file of the console. The files hold no data and need no token: what they show comes over REST, with the token that
// the user enters. Strict headers: no script, style or frame but our own files. Loaded with the first such call; called by rest/server.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Assets, createAssets } from './assets.ts';

/** Nothing inline, nothing of another host, no frame around it; text never becomes script (Trusted Types). */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  // asked again each time, and answered with 304: an update shows at once
  'Cache-Control': 'no-cache',
};

export interface ConsoleServer {
  serve(name: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createConsoleServer(): ConsoleServer {
  const assets = createAssets(async () => (await import('../../plugin-host/files/strip-types.ts')).stripTypes);
  return { serve: (name, request, response) => answer(assets, name, request, response) };
}

async function answer(assets: Assets, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asset = await assets.get(name);
  for (const [header, value] of Object.entries(PAGE_HEADERS)) response.setHeader(header, value);
  if (!asset) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    return;
  }
  response.setHeader('ETag', asset.etag);
  response.setHeader('Vary', name === 'index.html' ? 'Accept, Accept-Encoding' : 'Accept-Encoding');
  if (request.headers['if-none-match']?.includes(asset.etag)) {
    response.writeHead(304).end();
    return;
  }
  const accepts = request.headers['accept-encoding'] ?? '';
  const coding = /\bbr\b/.test(accepts) ? 'br' : /\bgzip\b/.test(accepts) ? 'gzip' : undefined;
  const body = coding === 'br' ? asset.brotli : coding === 'gzip' ? asset.gzip : asset.plain;
  response.writeHead(200, {
    'Content-Type': asset.contentType,
    'Content-Length': body.length,
    ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
