// Makes U-Boot's environment file: the defaults that are compiled into the binary, with our changes. U-Boot replaces its whole
// environment by the file, so the defaults must be in it. Called by boot.sh: uboot-env.ts U-BOOT.BIN SIZE OUT NAME=VALUE...
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** The compiled-in defaults: the run of NUL-ended `name=value` texts around `bootcmd=`.
 *  @throws Error when the binary has none */
export function defaultEnvironment(binary: Buffer): Map<string, string> {
  const at = binary.indexOf('bootcmd=');
  if (at < 0) throw new Error('the binary has no default environment (bootcmd= was not found)');
  // Backwards while texts are settings, then forwards to the empty text that ends the block.
  let start = at;
  for (;;) {
    const previous = binary.lastIndexOf(0, start - 2) + 1;
    if (previous >= start || !/^[\w.#]+=[\x20-\x7e]*$/.test(binary.toString('latin1', previous, start - 1))) break;
    start = previous;
  }
  const found = new Map<string, string>();
  for (let from = start; binary[from] !== 0; ) {
    const end = binary.indexOf(0, from);
    const text = binary.toString('latin1', from, end);
    const cut = text.indexOf('=');
    if (cut <= 0) throw new Error(`not a setting in the default environment: ${text.slice(0, 40)}`);
    found.set(text.slice(0, cut), text.slice(cut + 1));
    from = end + 1;
  }
  return found;
}

/** The file: CRC32 of the rest (little endian), settings ended by NUL, NUL up to the size. */
export function environmentFile(settings: ReadonlyMap<string, string>, size: number): Buffer {
  const body = Buffer.alloc(size - 4);
  const text = `${[...settings].map(([name, value]) => `${name}=${value}\0`).join('')}\0`;
  if (text.length > body.length) throw new Error(`the environment needs ${text.length} bytes, the file has ${body.length}`);
  body.write(text, 'latin1');
  const file = Buffer.alloc(size);
  file.writeUInt32LE(crc32(body), 0);
  body.copy(file, 4);
  return file;
}

if (import.meta.main) {
  const [binary, size, out, ...changes] = process.argv.slice(2) as [string, string, string, ...string[]];
  const settings = defaultEnvironment(readFileSync(binary));
  for (const change of changes) settings.set(change.slice(0, change.indexOf('=')), change.slice(change.indexOf('=') + 1));
  writeFileSync(out, environmentFile(settings, Number(size)));
}
