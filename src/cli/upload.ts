// A file of this machine on its way into the gateway: uploaded, used by its address there, and taken away again. The gateway opens no file elsewhere
// (basic.allowExternalFileAccess), and it may be another machine. Used by commands that install archives.
import type { Client } from './client.ts';
import { readLocalBytes } from './local-file.ts';

/** @param use is given the address of the file as the gateway sees it */
export async function withUpload<T>(client: Client, path: string, name: string, use: (url: string) => Promise<T>): Promise<T> {
  const upload = `install-${process.pid}-${Date.now()}-${name.replace(/[^\w.@-]/g, '_')}`;
  const there = await client.call(
    'POST',
    '/config/uploads',
    JSON.stringify({ name: upload, base64: readLocalBytes(path).toString('base64') }),
  );
  try {
    return await use(`file://${there.trim()}`);
  } finally {
    await client.call('DELETE', `/config/uploads/${encodeURIComponent(upload)}`);
  }
}
