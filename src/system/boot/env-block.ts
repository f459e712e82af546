// GRUB's environment block: 1,024 bytes, a head, NAME=value lines, the rest filled with #. GRUB reads it with load_env and changes it in place with
// save_env. Used by record.ts and tally.ts.

export const BLOCK_BYTES = 1024;
const HEAD = '# GRUB Environment Block\n';

/** @returns names and values; undefined when it is no block (GRUB would refuse it as well) */
export function parseBlock(bytes: Uint8Array | undefined): Map<string, string> | undefined {
  if (bytes?.length !== BLOCK_BYTES) return undefined;
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.startsWith(HEAD)) return undefined;
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const cut = line.indexOf('=');
    if (cut > 0 && !line.startsWith('#')) found.set(line.slice(0, cut), line.slice(cut + 1));
  }
  return found;
}

/** Whether GRUB can change values in it: it looks for room in the # at the end, and a torn last line leaves none. */
export const isWholeBlock = (bytes: Uint8Array | undefined): boolean =>
  bytes?.length === BLOCK_BYTES && /^# GRUB Environment Block\n([^\n]*\n)*#{64,}$/.test(Buffer.from(bytes).toString('latin1'));

/** @param values without line breaks and backslashes */
export function writeBlock(values: readonly (readonly [name: string, value: string])[]): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, '#');
  block.write(HEAD + values.map(([name, value]) => `${name}=${value}\n`).join(''), 'latin1');
  return block;
}
