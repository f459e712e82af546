// Files that users upload: data/uploads, sub-folders allowed, nothing outside. Names are checked here and nowhere else.

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isLeftOver, writeDurablyAsync } from '../base/durable-file.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { isWithin, realOf } from '../base/files/own-places.ts';

export interface Uploads {
  /** Absolute paths. */
  list(): Promise<string[]>;
  /** @returns the absolute path */
  write(name: string, content: Uint8Array | string): Promise<string>;
  delete(name: string): Promise<void>;
  /** name → JSON {name, content} or {name, base64}. Files above 1 MB are left out: an export is read and sent as one text. */
  exportAll(): Record<string, string>;
  /** What an import has to write. @throws GatewayError SERVICE_REFUSED when the name leads out of the folder */
  prepare(name: string, json: string): { file: string; content: Uint8Array };
}

const MAX_EXPORT_BYTES = 1024 * 1024;

export function createUploads(dataDir: string): Uploads {
  const root = resolve(dataDir, 'uploads');
  const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });
  const pathOf = (name: string, what: string): string => {
    const path = resolve(root, name);
    const inside = path.startsWith(root + sep) && isWithin(realOf(dirname(path)), realOf(root));
    if (name.includes('\0') || !inside) throw refuse(`${what}: the name "${name}" leads out of the folder of uploads`);
    return path;
  };
  const placeOf = (name: string): string => {
    const path = pathOf(name, 'Error saving the file');
    if (isLeftOver(name))
      throw refuse(`Error saving the file: names that end in .part or .<number>.tmp are those of unfinished files: ${name}`);
    return path;
  };
  const write = async (name: string, content: Uint8Array | string): Promise<string> => {
    const path = placeOf(name);
    try {
      await writeDurablyAsync(path, content);
    } catch (error) {
      throw refuse(`Error saving the file: ${messageOf(error)}`, error);
    }
    return path;
  };
  return {
    write,
    async list() {
      try {
        return filesIn(root).sort();
      } catch (error) {
        throw refuse(`Error reading the file upload dir: ${messageOf(error)}`, error);
      }
    },
    async delete(name) {
      const path = pathOf(name, 'Error deleting the file');
      try {
        await rm(path);
      } catch (error) {
        throw refuse(`Error deleting the file: ${messageOf(error)}`, error);
      }
    },
    exportAll() {
      const out: Record<string, string> = {};
      for (const path of filesIn(root)) {
        if (lstatSync(path).size > MAX_EXPORT_BYTES) continue;
        const name = relative(root, path);
        const bytes = readFileSync(path);
        const text = bytes.toString('utf8');
        out[name] = JSON.stringify(Buffer.from(text).equals(bytes) ? { name, content: text } : { name, base64: bytes.toString('base64') });
      }
      return out;
    },
    prepare(name, json) {
      const { content, base64 } = JSON.parse(json) as { content?: string; base64?: string };
      return { file: placeOf(name), content: base64 === undefined ? Buffer.from(content ?? '') : Buffer.from(base64, 'base64') };
    },
  };
}

/** Links are left out: what they lead to was not uploaded. Nor are halves of uploads that a kill left behind. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const path = join(folder, e.name);
    return e.isDirectory() ? filesIn(path) : e.isFile() && !isLeftOver(e.name) ? [path] : [];
  });
}
