// Text with escapes to bytes: `\r\n`, `\t`, `\0`, `\x02`, `\\`. For delimiters, start and end marks, requests.

/** @param option name of the property, for the error  @throws Error for an unknown escape */
export function parseBytes(text: string, option = ''): Buffer {
  const out: number[] = [];
  for (const m of text.matchAll(/\\x([0-9a-fA-F]{2})|\\(.?)|([^\\]+)/gsu)) {
    if (m[1] !== undefined) out.push(Number.parseInt(m[1], 16));
    else if (m[2] !== undefined) {
      const code = { r: 13, n: 10, t: 9, '0': 0, '\\': 92 }[m[2]];
      if (code === undefined)
        throw new Error(`${option && `property ${option}: `}"\\${m[2]}" is not an escape; known are \\r \\n \\t \\0 \\\\ and \\xNN`);
      out.push(code);
    } else out.push(...Buffer.from(m[3]!));
  }
  return Buffer.from(out);
}
