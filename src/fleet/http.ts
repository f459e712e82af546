// HTTP of the fleet: small answers, and files that are resumed where they stopped and checked before they are used. With the client certificate of
// the gateway where it has one. The owner chose these servers, so private addresses are allowed. Used by pull/, hawkbit/ and reporter.ts.
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import { nodeHttp, nodeHttps } from '../base/node-http.ts';
import type { FleetSettings } from '../config/index.ts';

export interface FleetRequest {
  method?: 'GET' | 'POST' | 'PUT';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal | undefined;
}

export interface FleetAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface WantedFile {
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** Where it shall lie; while it comes, `<file>.part` is there. */
  file: string;
  sha256: string;
  /** Undefined: it is not announced. */
  size?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Bytes that are there. */
  progress?(bytes: number): void;
}

export interface FleetHttp {
  /** Any status is an answer. @throws GatewayError FLEET_SERVER when none comes */
  send(request: FleetRequest): Promise<FleetAnswer>;
  /** Resolves when the file is there, whole and with this checksum; goes on where an earlier call stopped.
   *  @throws GatewayError FLEET_SERVER, FLEET_DOWNLOAD; what has come stays for the next call, unless it is wrong */
  download(wanted: WantedFile): Promise<void>;
  close(): void;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const SILENCE_MS = 30_000;
const MAX_REDIRECTS = 5;
/** Left free beside a download. */
const SPARE_BYTES = 32 * 1024 * 1024;

export function createFleetHttp(tls: FleetSettings['tls'], agentName: string): FleetHttp {
  const read = (file: string) => (file === '' ? undefined : readFileSync(file));
  const plain = new (nodeHttp().Agent)({ keepAlive: true });
  // files are read at each connect: a certificate that was renewed counts from the next one
  const secure = () =>
    new (nodeHttps().Agent)({ keepAlive: false, ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key), minVersion: 'TLSv1.2' });
  const ask = async (request: FleetRequest, redirects = MAX_REDIRECTS): Promise<IncomingMessage> => {
    const target = addressOf(request.url);
    const https = target.protocol === 'https:';
    const { method = 'GET', headers = {}, body, signal } = request;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const failed = (error: unknown) => reject(signal?.aborted ? signal.reason : serverError(request.url, messageOf(error)));
      try {
        const call = (https ? nodeHttps() : nodeHttp()).request(
          target,
          {
            method,
            agent: https ? secure() : plain,
            headers: { 'user-agent': agentName, ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
            timeout: SILENCE_MS,
            ...(signal ? { signal } : {}),
          },
          resolve,
        );
        call.on('timeout', () => call.destroy(new Error(`no answer for ${SILENCE_MS / 1000} s`)));
        call.on('error', failed);
        call.end(body);
      } catch (error) {
        failed(error); // a certificate file that cannot be read
      }
    });
    const { location } = response.headers;
    if (method !== 'GET' || ![301, 302, 303, 307, 308].includes(response.statusCode!) || location === undefined) return response;
    response.resume();
    if (redirects === 0) throw serverError(request.url, 'too many redirects');
    const next = new URL(location, target);
    if (https && next.protocol !== 'https:') throw serverError(request.url, 'it leads from https to http');
    // a token belongs to the server that it was made for
    const { authorization: _secret, Authorization: _Secret, ...others } = headers;
    return ask({ ...request, url: next.href, headers: next.origin === target.origin ? headers : others }, redirects - 1);
  };
  const bodyOf = async (url: string, response: IncomingMessage): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw serverError(url, messageOf(error));
    }
    return Buffer.concat(chunks);
  };
  return {
    async send(request) {
      const response = await ask(request);
      return { status: response.statusCode ?? 0, headers: response.headers, body: await bodyOf(request.url, response) };
    },
    async download(wanted) {
      const { url, file, sha256, size, signal, headers = {} } = wanted;
      if (existsSync(file) && (await hashOf(file)) === sha256) return;
      const part = `${file}.part`;
      mkdirSync(dirname(file), { recursive: true });
      let at = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
      if (size !== undefined && at > size) at = startAgain(part);
      if (size !== undefined) checkSpace(url, dirname(file), size - at);
      if (size === undefined || at < size) {
        const response = await ask({ url, headers: { ...headers, ...(at > 0 ? { range: `bytes=${at}-` } : {}) }, signal });
        const status = response.statusCode ?? 0;
        if (status !== 206 && status !== 200 && status !== 416) {
          response.resume();
          throw serverError(url, `the server answered ${status}`);
        }
        if (status === 416) response.resume();
        else {
          // a server without ranges sends all of it
          if (status === 200) at = startAgain(part);
          else if (Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1]) !== at) {
            response.destroy();
            startAgain(part);
            throw downloadError(url, 'the server sent another part than was asked for');
          }
          await receive(response, part, at, wanted);
        }
      }
      const now = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
      if (size !== undefined && now < size) throw serverError(url, `the connection ended after ${now} of ${size} bytes`);
      const hash = await hashOf(part);
      if (hash !== sha256) {
        startAgain(part);
        throw downloadError(url, `its SHA-256 is ${hash}, and ${sha256} was announced`);
      }
      renameSync(part, file);
    },
    close: () => plain.destroy(),
  };
}

async function receive(response: IncomingMessage, part: string, start: number, { url, size, signal, progress }: WantedFile): Promise<void> {
  let at = start;
  const counted = async function* () {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      at += chunk.length;
      if (size !== undefined && at > size) throw downloadError(url, `it is longer than the ${size} bytes that were announced`);
      progress?.(at);
      yield chunk;
    }
  };
  response.setTimeout(SILENCE_MS, () => response.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
  // opened first: a stream that opens by itself would make the file after it was removed
  const handle = await open(part, start > 0 ? 'a' : 'w', 0o640);
  try {
    await pipeline(counted, handle.createWriteStream({ flush: true }), signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof GatewayError) {
      startAgain(part);
      throw error;
    }
    throw serverError(url, messageOf(error));
  }
}

/** @returns where to begin */
function startAgain(part: string): 0 {
  rmSync(part, { force: true });
  return 0;
}

function checkSpace(url: string, folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes + SPARE_BYTES) throw downloadError(url, `it needs ${bytes + SPARE_BYTES} bytes on the disk, and ${free} are free`);
}

async function hashOf(file: string): Promise<string> {
  const hash = nodeCrypto().createHash('sha256');
  if (existsSync(file)) for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

function addressOf(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:') throw serverError(url, 'it is not an address of http or https');
  return target;
}

export const serverError = (url: string, problem: string) => new GatewayError('FLEET_SERVER', { url, problem });
const downloadError = (url: string, problem: string) => new GatewayError('FLEET_DOWNLOAD', { url, problem });
