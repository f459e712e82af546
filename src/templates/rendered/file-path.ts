// A path of files with templates: everything before the first action is the owner's, down to its last slash; what a message adds stays below.
import { byteLength, CONTROL, constantPart, constantParts, hasTemplate, refused, shown } from './text.ts';

/** Linux: NAME_MAX. Room is left for the time that rolled files bear. */
const MAX_NAME_BYTES = 240;
const MAX_FOLDERS = 32;
const MAX_PATH_BYTES = 3000;

export interface FilePlace {
  /** Folder that the owner named; '' = the root folder of the gateway. */
  base: string;
  /** Folders and file below it. */
  names: string[];
}

/** @throws Error when the owner's part leaves everything open */
export function checkPathTemplate(configured: string): void {
  if (!hasTemplate(configured)) return;
  const base = baseOf(configured);
  if (/^\/+$/.test(base))
    throw new Error(
      'property path: a template may not stand below / itself; name a folder before it, such as /var/lib/readings/{{.device}}',
    );
  if (base.split('/').includes('..')) throw new Error('property path: ".." may not stand before a template; write the folder itself');
}

const baseOf = (configured: string): string => {
  const constant = constantPart(configured);
  return constant.slice(0, constant.lastIndexOf('/') + 1);
};

/** @throws rowError when the rendered path leaves its place */
export function placeOf(configured: string, rendered: string): FilePlace {
  const base = baseOf(configured);
  const no = (why: string) => refused('path', rendered, why);
  if (!rendered.startsWith(base)) throw no(`does not begin with "${shown(base)}"`);
  if (base === '' && rendered.startsWith('/')) throw no('is an absolute path: a message names files below the configured folder only');
  if (CONTROL.test(rendered)) throw no('holds a control character');
  if (!rendered.isWellFormed()) throw no('is no proper text');
  const names = rendered.slice(base.length).split('/').filter((n) => n !== ''); // biome-ignore format: one thought
  if (rendered.endsWith('/') || names.length === 0) throw no('names a folder, not a file');
  if (names.length > MAX_FOLDERS) throw no(`has more than ${MAX_FOLDERS} folders`);
  if (byteLength(rendered) > MAX_PATH_BYTES) throw no(`is longer than ${MAX_PATH_BYTES} bytes`);
  const owners = new Set(constantParts(configured).split('/'));
  for (const [i, name] of names.entries()) {
    if (name === '.' || name === '..') throw no('leads out of its folder');
    if (byteLength(name) > MAX_NAME_BYTES) throw no(`has a name longer than ${MAX_NAME_BYTES} bytes`);
    // hidden files steer programs: .ssh, .git, .profile
    const begun = i === 0 && constantPart(configured).length > base.length;
    if (name.startsWith('.') && !begun && !owners.has(name)) throw no('has a name that begins with a dot');
  }
  return { base, names };
}
