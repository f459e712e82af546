// Files that a request names by URL: file:// (only below data/uploads unless basic.allowExternalFileAccess is true, and never the
// gateway's own files, whatever the setting says) and http(s)
// (loopback, private, link-local and multicast addresses only with basic.enablePrivateNet, checked on the resolved address at connect,
// so that a name cannot resolve to something else in between).
import { constants, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { type OwnPlaces, ownPlaces } from '../base/files/own-places.ts';
import { checkLiteralHost, guardedLookup } from '../base/net-guard.ts';
import { nodeHttp, nodeHttps } from '../base/node-http.ts';

export interface Downloader {
  /** @returns the whole content  @throws GatewayError SERVICE_REFUSED with eKuiper's text */
  read(url: string): Promise<Uint8Array>;
}

export interface DownloadSettings {
  enablePrivateNet: boolean;
  allowExternalFileAccess: boolean;
}

/** More than any plugin or rule set needs; a small board must not be filled by one request. */
const MAX_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;

export function createDownloader(dataDir: string, settings: () => DownloadSettings): Downloader {
  const places = ownPlaces(dirname(dataDir));
  const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });
  return {
    async read(url) {
      if (url.startsWith('file://')) return readLocal(url, join(dataDir, 'uploads'), settings().allowExternalFileAccess, places);
      if (/^https?:\/\//.test(url)) {
        try {
          return await fetchBytes(url, settings().enablePrivateNet, MAX_REDIRECTS);
        } catch (error) {
          throw refuse(`fail to download file ${url}: Get "${url}": ${messageOf(error)}`, error);
        }
      }
      throw refuse(`invalid uri ${url}`);
    },
  };
}

async function readLocal(url: string, uploads: string, anywhere: boolean, places: OwnPlaces): Promise<Uint8Array> {
  const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch (error) {
    throw refuse(`invalid uri ${url}: ${messageOf(error)}`, error);
  }
  try {
    // links are followed first: the target counts
    const real = realpathSync(path);
    if (!anywhere && !real.startsWith(realpathSync(uploads) + sep))
      throw refuse(
        `file access denied: path must be under ${uploads}; "allowExternalFileAccess: true" below basic in kuiper.yaml opens others`,
      );
    const why = await places.readRefusal(real);
    if (why !== undefined) throw refuse(`file access denied: ${why}`);
    // not a pipe, which nobody may ever write, and no device, which never ends
    await using file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw new Error('it is not a plain file');
    if ((await file.stat()).size > MAX_BYTES) throw new Error(`the file is larger than ${MAX_BYTES} bytes`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? `stat ${path}: no such file or directory` : messageOf(error);
    throw refuse(`fail to download file ${url}: ${reason}`, error);
  }
}

async function fetchBytes(url: string, privateNet: boolean, redirects: number): Promise<Uint8Array> {
  const target = new URL(url);
  if (!privateNet) checkLiteralHost(target.hostname);
  const { get } = target.protocol === 'https:' ? nodeHttps() : nodeHttp();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(target, { signal: AbortSignal.timeout(TIMEOUT_MS), ...(privateNet ? {} : { lookup: guardedLookup }) }, resolve).on('error', reject);
  });
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400 && response.headers.location) {
    response.destroy();
    if (redirects === 0) throw new Error('too many redirects');
    return fetchBytes(new URL(response.headers.location, target).href, privateNet, redirects - 1);
  }
  if (status !== 200) {
    response.destroy();
    throw new Error(`http return code: ${status}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the file is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
