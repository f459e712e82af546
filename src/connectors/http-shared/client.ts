// One HTTP exchange of a connector: time limit, TLS, guard against internal addresses, bounded body. Keep-alive per connector instance.

import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkLiteralHost, guardedLookup } from '../../base/net-guard.ts';
import { nodeHttp, nodeHttps } from '../../base/node-http.ts';
import type { OptionSpec } from '../../contract/props.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

export const tlsOptions: readonly OptionSpec[] = [
  { name: 'certificationPath', type: 'string', default: '', doc: 'Client certificate file.' },
  { name: 'privateKeyPath', type: 'string', default: '', doc: 'Private key file.' },
  { name: 'rootCaPath', type: 'string', default: '', doc: 'CA file.' },
  { name: 'certificationRaw', aliases: ['certficationRaw'], type: 'string', default: '', doc: 'Client certificate, base64 of PEM.' },
  { name: 'privateKeyRaw', type: 'string', default: '', secret: true, doc: 'Private key, base64 of PEM.' },
  { name: 'rootCARaw', type: 'string', default: '', doc: 'CA, base64 of PEM.' },
  { name: 'insecureSkipVerify', type: 'bool', default: false, doc: 'Accept any certificate.' },
];

export interface TlsProps {
  certificationPath: string;
  privateKeyPath: string;
  rootCaPath: string;
  certificationRaw: string;
  privateKeyRaw: string;
  rootCARaw: string;
  insecureSkipVerify: boolean;
}

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  timeoutMs: number;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface HttpClient {
  /** @throws ioError (retriable) when the peer is away, slow or broke off; other errors are final (bad address, internal network) */
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse>;
  close(): void;
}

/** @param privateNet basic.enablePrivateNet; asked at each call where it is a function, since the owner may change it meanwhile */
export function createHttpClient(tls: TlsProps, privateNet: boolean | (() => boolean)): HttpClient {
  const load = (file: string, raw: string) => (file ? readFileSync(file) : raw ? Buffer.from(raw, 'base64') : undefined);
  const http = nodeHttp();
  const https = nodeHttps();
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({
    keepAlive: true,
    rejectUnauthorized: !tls.insecureSkipVerify,
    cert: load(tls.certificationPath, tls.certificationRaw),
    key: load(tls.privateKeyPath, tls.privateKeyRaw),
    ca: load(tls.rootCaPath, tls.rootCARaw),
  });
  return {
    async send({ method, url, headers, body, timeoutMs }, signal) {
      const target = new URL(url);
      if (target.protocol !== 'http:' && target.protocol !== 'https:')
        throw new Error(`Invalid scheme ${target.protocol.replace(':', '')}`);
      const enablePrivateNet = typeof privateNet === 'function' ? privateNet() : privateNet;
      if (!enablePrivateNet) withCure(() => checkLiteralHost(target.hostname));
      const module = target.protocol === 'https:' ? https : http;
      const limit = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
      const signals = [limit, signal].filter((s) => s !== undefined);
      return new Promise<HttpResponse>((resolve, reject) => {
        const failed = (error: Error) => {
          const inGuard = /is in internal network/.test(error.message);
          if (limit?.aborted) reject(ioError(`${method.toUpperCase()} ${url}: no answer within ${timeoutMs} ms`));
          else
            reject(
              inGuard
                ? withHint(error)
                : ioError(`${method.toUpperCase()} ${url}: ${messageOf(error) || (error as NodeJS.ErrnoException).code}`, error),
            );
        };
        const request = module.request(
          target,
          {
            method: method.toUpperCase(),
            headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
            agent: target.protocol === 'https:' ? secure : plain,
            ...(signals.length ? { signal: AbortSignal.any(signals) } : {}),
            ...(enablePrivateNet ? {} : { lookup: guardedLookup }),
          },
          (response) => {
            const chunks: Buffer[] = [];
            let size = 0;
            response.on('data', (chunk: Buffer) => {
              size += chunk.length;
              if (size > MAX_BODY_BYTES) response.destroy(new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`));
              else chunks.push(chunk);
            });
            response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
            response.on('error', failed);
          },
        );
        request.on('error', failed);
        // as bytes: joined with a text body, headers would be written in another encoding than they were made
        request.end(typeof body === 'string' ? Buffer.from(body) : body);
      });
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Content types by bodyType. @source connectors.md, rest */
export const contentTypes: Readonly<Record<string, string>> = {
  text: 'text/plain',
  json: 'application/json',
  html: 'text/html',
  xml: 'application/xml',
  javascript: 'application/javascript',
  form: 'application/x-www-form-urlencoded;param=value',
};
export const bodyTypes = ['none', 'text', 'json', 'html', 'xml', 'javascript', 'form', 'binary', 'formdata'];
export const methods = ['get', 'post', 'put', 'delete'];

/** @throws Error with eKuiper's texts */
export function checkMethodAndBody(method: string, bodyType: string): void {
  if (!methods.includes(method.toLowerCase())) throw new Error(`Not supported HTTP method ${method}.`);
  if (bodyType && !bodyTypes.includes(bodyType.toLowerCase())) throw new Error(`Invalid body type value ${bodyType}.`);
}

/** eKuiper's text, and what to do about it. A setting refuses it, not the peer: the rows wait until it is changed. */
export const withHint = (error: unknown): Error =>
  Object.assign(
    new Error(`${messageOf(error)}; "enablePrivateNet: true" below basic in kuiper.yaml allows addresses of your own network`, {
      cause: error,
    }),
    { bySetting: true as const },
  );

/** @throws what `check` throws, with what to do about it */
export function withCure(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw withHint(error);
  }
}
