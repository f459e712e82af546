// Files that users upload: data/uploads, sub-folders allowed, nothing outside. Names are checked here and nowhere else.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

export interface Uploads {
  /** Absolute paths. */
  list(): Promise<string[]>;
  /** @returns the absolute path */
  write(name: string, content: Uint8Array | string): Promise<string>;
  delete(name: string): Promise<void>;
}

export function createUploads(dataDir: string): Uploads {
  const root = resolve(dataDir, 'uploads');
  const refuse = (text: string, cause?: unknown) => new GatewayError('SERVICE_REFUSED', { text }, { cause });
  const pathOf = (name: string, what: string): string => {
    const path = resolve(root, name);
    const inside = relative(root, path);
    if (
      name === '' ||
      inside === '' ||
      inside.startsWith('..') ||
      inside.includes('\0') ||
      resolve(root, inside) !== path ||
      !path.startsWith(root + sep)
    )
      throw refuse(`${what}: the name "${name}" leads out of the folder of uploads`);
    return path;
  };
  return {
    async list() {
      try {
        const entries = await readdir(root, { recursive: true, withFileTypes: true });
        return entries
          .filter((e) => e.isFile())
          .map((e) => join(e.parentPath, e.name))
          .sort();
      } catch (error) {
        throw refuse(`Error reading the file upload dir: ${messageOf(error)}`, error);
      }
    },
    async write(name, content) {
      const path = pathOf(name, 'Error saving the file');
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.part`, content, { flush: true });
        await rename(`${path}.part`, path);
      } catch (error) {
        throw refuse(`Error saving the file: ${messageOf(error)}`, error);
      }
      return path;
    },
    async delete(name) {
      const path = pathOf(name, 'Error deleting the file');
      try {
        await rm(path);
      } catch (error) {
        throw refuse(`Error deleting the file: ${messageOf(error)}`, error);
      }
    },
  };
}
