// Upload of one file to a service that speaks S3: in one request, or in parts when it is larger; how far it got stands beside the file, so that an upload
// that was cut goes on where it was, also after a restart. Used by sink.ts. Signatures: package aws4fetch.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { HttpClient, HttpResponse } from '../http-shared/client.ts';
import type { ArchiveProps } from './options.ts';

interface Progress {
  key: string;
  uploadId: string;
  partBytes: number;
  /** ETags of the parts that are there, in their order. */
  parts: string[];
}

export interface Uploader {
  /** Resolves when the object is there. @throws ioError */
  upload(file: string, key: string): Promise<void>;
}

export function createUploader(props: ArchiveProps, client: HttpClient, signal: AbortSignal): Uploader {
  const base = new URL(props.endpoint);
  const address = (key: string, query = ''): string =>
    `${base.origin}${base.pathname.replace(/\/+$/, '')}/${props.bucket}/${key.split('/').map(encodeURIComponent).join('/')}${query}`;

  async function call(method: 'GET' | 'PUT' | 'POST', url: string, body?: Uint8Array | string): Promise<HttpResponse> {
    const { AwsV4Signer } = await import('aws4fetch');
    const bytes = body === undefined ? undefined : Buffer.from(body as Uint8Array);
    const signer = new AwsV4Signer({
      method,
      url,
      service: 's3',
      region: props.region,
      accessKeyId: props.accessKeyId,
      secretAccessKey: props.secretAccessKey,
      headers: bytes
        ? { 'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'), 'content-md5': createHash('md5').update(bytes).digest('base64') } // biome-ignore format: one line
        : {},
    });
    const signed = await signer.sign();
    const headers: Record<string, string> = {};
    signed.headers.forEach((value, name) => {
      headers[name] = value;
    });
    return client.send({ method, url: signed.url.href, headers, ...(bytes ? { body: bytes } : {}), timeoutMs: props.timeoutMs }, signal);
  }

  const fault = (what: string, { status, body }: HttpResponse): Error => {
    const text = body.subarray(0, 2000).toString();
    const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
    const why = /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
    return Object.assign(ioError(`archive: ${base.host} answers ${status} to ${what}${code ? `: ${code}` : ''}${why ? ` (${why})` : ''}`), {
      s3: code,
    });
  };
  const etagOf = (what: string, response: HttpResponse): string => {
    const { etag } = response.headers;
    if (response.status !== 200 || !etag) throw fault(what, response);
    return etag;
  };

  async function inParts(file: string, key: string, bytes: number): Promise<void> {
    const note = `${file}.upload`;
    let progress = readProgress(note, key, props.partBytes);
    if (!progress) {
      const begun = await call('POST', address(key, '?uploads='));
      const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(begun.body.toString())?.[1];
      if (begun.status !== 200 || !uploadId) throw fault('the begin of an upload', begun);
      progress = { key, uploadId, partBytes: props.partBytes, parts: [] };
      await writeDurablyAsync(note, JSON.stringify(progress));
    }
    const id = encodeURIComponent(progress.uploadId);
    const handle = await open(file, 'r');
    try {
      while (progress.parts.length * progress.partBytes < bytes) {
        const at = progress.parts.length * progress.partBytes;
        const part = Buffer.alloc(Math.min(progress.partBytes, bytes - at));
        await handle.read(part, 0, part.length, at);
        const number = progress.parts.length + 1;
        progress.parts.push(etagOf(`part ${number}`, await call('PUT', address(key, `?partNumber=${number}&uploadId=${id}`), part)));
        await writeDurablyAsync(note, JSON.stringify(progress));
      }
    } finally {
      await handle.close();
    }
    const list = progress.parts.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
    const ended = await call('POST', address(key, `?uploadId=${id}`), `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
    // the answer begins before the work is done: 200 may hold an error
    if (ended.status !== 200 || ended.body.includes('<Error>')) throw fault('the end of an upload', ended);
    rmSync(note, { force: true });
  }

  return {
    async upload(file, key) {
      const { size } = await stat(file);
      if (size <= props.partBytes) {
        const handle = await open(file, 'r');
        try {
          etagOf('an upload', await call('PUT', address(key), await handle.readFile()));
        } finally {
          await handle.close();
        }
        return;
      }
      try {
        await inParts(file, key, size);
      } catch (error) {
        // the service forgot it, or gave up: the next try begins anew
        if (['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder'].includes(String((error as { s3?: unknown }).s3)))
          rmSync(`${file}.upload`, { force: true });
        throw error;
      }
    },
  };
}

/** @returns undefined when there is none that fits */
function readProgress(note: string, key: string, partBytes: number): Progress | undefined {
  if (!existsSync(note)) return undefined;
  const found = JSON.parse(readFileSync(note, 'utf8')) as Progress;
  return found.key === key && found.partBytes === partBytes ? found : undefined;
}
