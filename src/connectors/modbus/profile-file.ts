// Finds and reads profiles: <root>/etc/sources/modbus/<name>.yaml, else the library that comes with the program. Names are plain, so that no path can be meant.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SHIPPED_ETC } from '../../config/index.ts';
import { type Profile, parseProfile } from './profile.ts';

/** Profiles that come with the program. They are not copied into a root; a file of the same name there goes before. */
export const PROFILE_LIBRARY = path.join(SHIPPED_ETC, 'sources', 'modbus', 'library');

const folderOf = (rootPath: string) => path.join(rootPath, 'etc', 'sources', 'modbus');

/** @param library folder that is looked into when the root has no such file
 *  @throws Error naming the file, and what is wrong in it with line and point */
export function loadProfile(
  rootPath: string,
  name: string,
  library = PROFILE_LIBRARY,
  parameters: Readonly<Record<string, unknown>> = {},
  below: readonly string[] = [],
): Profile {
  if (below.includes(name)) throw new Error(`profiles extend each other in a circle: ${[...below, name].join(' → ')}`);
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new Error(`profile "${name}" is not a plain name (letters, digits, _ and -)`);
  const own = path.join(folderOf(rootPath), `${name}.yaml`);
  for (const file of [own, path.join(library, `${name}.yaml`)]) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new Error(`profile ${name}: ${(error as Error).message}`);
    }
    return parseProfile(text, file, { parameters, base: (other) => loadProfile(rootPath, other, library, {}, [...below, name]) });
  }
  throw new Error(`profile ${name}: there is no file ${own}, and the library has none of that name (kuiper modbus profiles)`);
}

/** True when the root has a file of this profile. */
export const hasProfile = (rootPath: string, name: string): boolean => existsSync(path.join(folderOf(rootPath), `${name}.yaml`));

export interface ListedProfile {
  readonly id: string;
  readonly maker: string;
  readonly model: string;
  readonly kind: string;
  readonly points: number;
  readonly source: string;
  /** Public program or file that its registers were compared with; '' = none. */
  readonly comparedWith: string;
  readonly seenOnHardware: boolean;
  /** A file of the root, not of the library. */
  readonly own: boolean;
  /** What is wrong with the file; empty: nothing. */
  readonly problem: string;
}

/** All profiles that a stream of this root can name, by name; one of the root hides the library's. */
export function listProfiles(rootPath: string, library = PROFILE_LIBRARY): ListedProfile[] {
  const found = new Map<string, ListedProfile>();
  for (const [folder, own] of [[library, false] as const, [folderOf(rootPath), true] as const])
    for (const file of yamlFilesOf(folder)) {
      const id = file.slice(0, -'.yaml'.length);
      found.set(
        id,
        describe(path.join(folder, file), id, own, (name) => loadProfile(rootPath, name, library, {}, [id])),
      );
    }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function yamlFilesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((f) => /^[A-Za-z0-9_-]+\.yaml$/.test(f));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function describe(file: string, id: string, own: boolean, base: (name: string) => Profile): ListedProfile {
  const none = { id, maker: '', model: '', kind: '', points: 0, source: '', comparedWith: '', seenOnHardware: false, own };
  try {
    const { about, points } = parseProfile(readFileSync(file, 'utf8'), file, { base });
    if (!about) return { ...none, points: points.length, problem: '' };
    const { maker, model, kind, source, comparedWith, seenOnHardware } = about;
    return { id, maker, model, kind, points: points.length, source, comparedWith, seenOnHardware, own, problem: '' };
  } catch (error) {
    return { ...none, problem: (error as Error).message.split('\n')[0]! };
  }
}
