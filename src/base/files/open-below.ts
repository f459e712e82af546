// Opens a file below a folder so that nothing in its name leads elsewhere: folder by folder, each held open while the next is looked up in it, links
// refused, and the place judged before the file is made. Whoever swaps a folder for a link meanwhile gains nothing. Used by connectors/file.
import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError, messageOf, rowError } from '../errors/gateway-error.ts';
import { isWithin, type OwnPlaces } from './own-places.ts';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, O_APPEND } = constants;
/** Linux: names are looked up in the folder that is open. Elsewhere by its path. */
const HELD = existsSync('/proc/self/fd');

export interface OpenBelowOptions {
  /** Folder that was configured; links in it are the owner's. Made when it is not there. */
  base: string;
  /** Folders and file below it. */
  names: readonly string[];
  places: OwnPlaces;
  /** False: what was there is gone. */
  append: boolean;
  /** It can be read through the same handle. */
  readable?: boolean;
  /** The names come from a message: what cannot be opened because of them is this row's fault and is not tried again. */
  chosenByMessage: boolean;
}

export interface OpenedFile {
  handle: FileHandle;
  /** Where it lies. */
  path: string;
  /** Bytes that were there and stay. */
  size: number;
}

/** Failures that other names would not have. */
const OF_THE_NAME = new Set(['ENAMETOOLONG', 'EISDIR', 'EINVAL', 'EILSEQ', 'ENXIO', 'ETXTBSY']);
const OF_ACCESS = new Set(['EACCES', 'EPERM']);

/** @throws rowError when the place is not one for results; ioError when it may pass */
export async function openBelow(options: OpenBelowOptions): Promise<OpenedFile> {
  const { base, names, places, append, readable, chosenByMessage } = options;
  const wanted = join(base, ...names);
  await refuseOwn(places, base, names);
  const refuse = (why: string) => rowError(`file ${wanted}: ${why}`, 'PLACE_REFUSED');
  /** @param named the file or folder that was asked for; missing: the configured folder itself */
  const failed = async (error: unknown, named?: string): Promise<Error> => {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (named !== undefined && code === 'ELOOP') return refuse('a symbolic link is in the way');
    const mayPass = () => ioError(`file ${wanted}: ${messageOf(error)}`, error);
    if (named === undefined || !chosenByMessage) return mayPass();
    if (code === 'ENOTDIR') return refuse('a symbolic link or a file is in the way');
    if (OF_THE_NAME.has(code)) return refuse(code);
    // a folder that may not be written is the owner's to mend, a file that may not be written was chosen
    const there = OF_ACCESS.has(code) && (await lstat(named).then(() => true, () => false)); // biome-ignore format: one thought
    return there ? refuse(code) : mayPass();
  };
  const opened: FileHandle[] = [];
  try {
    let folder: FileHandle;
    try {
      await mkdir(base, { recursive: true });
      folder = await open(base, O_RDONLY | O_DIRECTORY);
      opened.push(folder);
    } catch (error) {
      throw await failed(error);
    }
    const home = await pathOf(folder, base);
    let path = home;
    for (const name of names.slice(0, -1)) {
      await judge(places, path, name, refuse);
      const held: FileHandle = folder;
      folder = await enter(held, path, name).catch(async (error: unknown) => {
        throw await failed(error, at(held, path, name));
      });
      opened.push(folder);
      path = await pathOf(folder, join(path, name));
      // a folder that was moved away while it was held is no longer below
      if (!isWithin(path, home)) throw refuse('its folder was moved meanwhile');
    }
    const name = names.at(-1)!;
    await judge(places, path, name, refuse);
    const handle = await open(
      at(folder, path, name),
      (readable ? O_RDWR : O_WRONLY) | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (append ? O_APPEND : 0),
    ).catch(async (error: unknown) => {
      throw await failed(error, at(folder, path, name));
    });
    try {
      const found = await handle.stat();
      const device = found.isCharacterDevice() && !chosenByMessage;
      if (!found.isFile() && !device) throw refuse('it is not a plain file');
      if (found.nlink > 1) throw refuse('it has a second name (hard link), so that another file would change with it');
      if (!append && found.isFile() && found.size > 0) await handle.truncate(0);
      return { handle, path: join(path, name), size: append ? found.size : 0 };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } finally {
    for (const f of opened) await f.close();
  }
}

const at = (folder: FileHandle, path: string, name: string): string => join(HELD ? `/proc/self/fd/${folder.fd}` : path, name);
const pathOf = (folder: FileHandle, path: string): Promise<string> => (HELD ? readlink(`/proc/self/fd/${folder.fd}`) : realpath(path));

async function judge(places: OwnPlaces, folder: string, name: string, refuse: (why: string) => Error): Promise<void> {
  const why = await places.writeRefusal(folder, name);
  if (why !== undefined) throw refuse(why);
}

/** Before any folder is made. */
async function refuseOwn(places: OwnPlaces, base: string, names: readonly string[]): Promise<void> {
  const why = await places.writeRefusal(base, join(...names));
  if (why !== undefined) throw rowError(`file ${join(base, ...names)}: ${why}`, 'PLACE_REFUSED');
}

/** Opens a folder in a folder; makes it when it is not there. */
async function enter(folder: FileHandle, path: string, name: string): Promise<FileHandle> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return await open(at(folder, path, name), flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(at(folder, path, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another sink made it
  });
  return open(at(folder, path, name), flags);
}
