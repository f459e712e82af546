// Where a folder lies that a gateway follows: on a web server, or on this machine (a stick, a share, a checkout of Git). Used by agent.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { readFolder } from '../../service/apply/read-folder.ts';
import { type FleetHttp, serverError, type WantedFile } from '../http.ts';
import { INDEX, SIGNATURE } from './index-file.ts';

export interface SeenIndex {
  text: Buffer;
  /** undefined: there is none. */
  signature: string | undefined;
  etag: string;
}

export interface Origin {
  /** Whether nobody on the way can change what comes. */
  readonly trusted: boolean;
  /** @returns `same` when it has not changed since `etag`; `tree` when there is no index but a local folder of files
   *  @throws GatewayError FLEET_SERVER */
  index(etag: string, signal: AbortSignal): Promise<SeenIndex | 'same' | 'tree'>;
  /** @param path below the folder  @throws GatewayError FLEET_SERVER, FLEET_DOWNLOAD */
  fetch(path: string, wanted: Pick<WantedFile, 'file' | 'sha256' | 'size' | 'signal' | 'progress'>): Promise<void>;
  /** Without an index: all files. */
  tree(): Map<string, Buffer>;
}

export function originOf(url: string, http: FleetHttp, copy: (from: string, to: string) => Promise<void>): Origin {
  return /^https?:\/\//i.test(url) ? webOrigin(url, http) : localOrigin(url, copy);
}

function webOrigin(url: string, http: FleetHttp): Origin {
  const base = url.endsWith('/') ? url : `${url}/`;
  const at = (path: string) => new URL(path.split('/').map(encodeURIComponent).join('/'), base).href;
  return {
    trusted: base.toLowerCase().startsWith('https:'),
    async index(etag, signal) {
      const address = at(INDEX);
      const answer = await http.send({ url: address, headers: etag === '' ? {} : { 'if-none-match': etag }, signal });
      if (answer.status === 304) return 'same';
      if (answer.status !== 200) throw serverError(address, `the server answered ${answer.status}`);
      const signed = await http.send({ url: at(SIGNATURE), signal });
      if (signed.status !== 200 && signed.status !== 404) throw serverError(at(SIGNATURE), `the server answered ${signed.status}`);
      return {
        text: answer.body,
        signature: signed.status === 200 ? signed.body.toString('utf8') : undefined,
        etag: String(answer.headers.etag ?? ''),
      };
    },
    fetch: (path, wanted) => http.download({ url: at(path), ...wanted }),
    tree: () => new Map(),
  };
}

function localOrigin(url: string, copy: (from: string, to: string) => Promise<void>): Origin {
  const folder = url.startsWith('file:') ? fileURLToPath(url) : url;
  return {
    trusted: true,
    async index(etag) {
      if (!existsSync(folder)) throw serverError(url, 'there is no such folder; is the medium there?');
      const file = join(folder, INDEX);
      if (!existsSync(file)) return 'tree';
      const text = readFileSync(file);
      const own = nodeCrypto().createHash('sha256').update(text).digest('hex');
      if (own === etag) return 'same';
      const signature = join(folder, SIGNATURE);
      return { text, signature: existsSync(signature) ? readFileSync(signature, 'utf8') : undefined, etag: own };
    },
    async fetch(path, { file }) {
      const from = join(folder, path);
      if (!existsSync(from)) throw serverError(url, `${path} is named in the index, and it is not there`);
      await copy(from, file);
    },
    tree: () => readFolder(folder),
  };
}
