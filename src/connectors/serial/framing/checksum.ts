// Checksums of instruments, by name. Parameters of the CRCs: the RevEng catalogue (poly, init, reflected, xorout).
export interface Checksum {
  bytes: 1 | 2 | 3 | 4;
  of(data: Uint8Array): number;
}

/** A CRC by the parameters of the RevEng catalogue, poly in normal form. */
export interface CrcParameters {
  width: 8 | 16 | 24 | 32;
  poly: number;
  init: number;
  refin: boolean;
  refout: boolean;
  xorout: number;
}

const reflect = (value: number, bits: number): number => {
  let out = 0;
  for (let i = 0; i < bits; i++) if ((value / 2 ** i) & 1) out += 2 ** (bits - 1 - i);
  return out >>> 0;
};

/** With a table of 256 entries. */
export function crcOf({ width, poly, init, refin, refout, xorout }: CrcParameters): Checksum {
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
  const top = 2 ** (width - 1);
  const reversed = reflect(poly, width);
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    let c = refin ? i : i * 2 ** (width - 8);
    for (let k = 0; k < 8; k++) c = refin ? (c & 1 ? (c >>> 1) ^ reversed : c >>> 1) : c & top ? (c << 1) ^ poly : c << 1;
    return (c & mask) >>> 0;
  });
  const first = refin ? reflect(init, width) : init;
  return {
    bytes: (width / 8) as Checksum['bytes'],
    of(data) {
      let c = first;
      for (let i = 0; i < data.length; i++)
        c = refin ? (c >>> 8) ^ table[(c ^ data[i]!) & 0xff]! : ((c << 8) ^ table[((c >>> (width - 8)) ^ data[i]!) & 0xff]!) & mask;
      const out = refin === refout ? c >>> 0 : reflect(c >>> 0, width);
      return ((out ^ xorout) & mask) >>> 0;
    },
  };
}

const crcKeys = ['width', 'poly', 'init', 'refin', 'refout', 'xorout'] as const;

/** Parameters as a user writes them: numbers or texts like 0x8005; init and xorout 0, refin and refout false when they are missing.
 *  @throws Error naming the parameter */
export function parseCrc(raw: Readonly<Record<string, unknown>>): CrcParameters {
  for (const key of Object.keys(raw))
    if (!(crcKeys as readonly string[]).includes(key)) throw new Error(`property crc: unknown key ${key}; known are ${crcKeys.join(', ')}`);
  const width = Number(raw['width']);
  if (width !== 8 && width !== 16 && width !== 24 && width !== 32)
    throw new Error(`property crc: width "${String(raw['width'])}": 8, 16, 24 or 32`);
  const number = (key: 'poly' | 'init' | 'xorout', fallback?: number): number => {
    const v = raw[key] ?? fallback;
    const n = typeof v === 'number' ? v : typeof v === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(v) ? Number(v) : Number.NaN;
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** width)
      throw new Error(`property crc: ${key} "${String(v)}": a whole number of ${width} bits, as in 0x8005`);
    return n;
  };
  const flag = (key: 'refin' | 'refout', fallback: boolean): boolean => {
    const v = raw[key] ?? fallback;
    if (typeof v !== 'boolean') throw new Error(`property crc: ${key} "${String(v)}": true or false`);
    return v;
  };
  const refin = flag('refin', false);
  return { width, poly: number('poly'), init: number('init', 0), refin, refout: flag('refout', refin), xorout: number('xorout', 0) };
}

const crc = (width: CrcParameters['width'], poly: number, init: number, reflected: boolean, xorout: number): Checksum =>
  crcOf({ width, poly, init, refin: reflected, refout: reflected, xorout });
const sum = (data: Uint8Array, mask: number): number => data.reduce((a, b) => (a + b) & mask, 0);

export const checksums: Readonly<Record<string, Checksum>> = {
  sum8: { bytes: 1, of: (d) => sum(d, 0xff) },
  xor8: { bytes: 1, of: (d) => d.reduce((a, b) => a ^ b, 0) },
  lrc: { bytes: 1, of: (d) => -sum(d, 0xff) & 0xff },
  sum16: { bytes: 2, of: (d) => sum(d, 0xffff) },
  // two's complement, as Pylontech batteries send it
  'sum16-negated': { bytes: 2, of: (d) => -sum(d, 0xffff) & 0xffff },
  crc8: crc(8, 0x07, 0, false, 0),
  // 1-wire
  'crc8-maxim': crc(8, 0x31, 0, true, 0),
  'crc8-sae-j1850': crc(8, 0x1d, 0xff, false, 0xff),
  'crc16-modbus': crc(16, 0x8005, 0xffff, true, 0),
  // P1 of smart meters
  'crc16-arc': crc(16, 0x8005, 0, true, 0),
  // HDLC, SML
  'crc16-x25': crc(16, 0x1021, 0xffff, true, 0xffff),
  'crc16-ccitt': crc(16, 0x1021, 0xffff, false, 0),
  'crc16-xmodem': crc(16, 0x1021, 0, false, 0),
  // DNP, wireless M-Bus
  'crc16-dnp': crc(16, 0x3d65, 0, true, 0xffff),
  'crc16-en13757': crc(16, 0x3d65, 0, false, 0xffff),
  'crc16-kermit': crc(16, 0x1021, 0, true, 0),
  'crc24-openpgp': crc(24, 0x864cfb, 0xb704ce, false, 0),
  crc32c: crc(32, 0x1edc6f41, 0xffffffff, true, 0xffffffff),
  crc32: crc(32, 0x04c11db7, 0xffffffff, true, 0xffffffff),
};
