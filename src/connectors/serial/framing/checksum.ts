// Checksums of instruments, by name. Parameters of the CRCs: the RevEng catalogue (poly, init, reflected, xorout).
export interface Checksum {
  bytes: 1 | 2 | 4;
  of(data: Uint8Array): number;
}

/** CRC with a table of 256 entries. @param poly in normal form, or reversed when `reflected` */
function crc(bits: 8 | 16 | 32, poly: number, init: number, reflected: boolean, xorOut: number): (data: Uint8Array) => number {
  const mask = bits === 32 ? 0xffffffff : (1 << bits) - 1;
  const top = bits === 32 ? 0x80000000 : 1 << (bits - 1);
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    let c = reflected ? i : i << (bits - 8);
    for (let k = 0; k < 8; k++) c = reflected ? (c & 1 ? (c >>> 1) ^ poly : c >>> 1) : c & top ? (c << 1) ^ poly : c << 1;
    return (c & mask) >>> 0;
  });
  return (data) => {
    let c = init;
    for (let i = 0; i < data.length; i++)
      c = reflected ? (c >>> 8) ^ table[(c ^ data[i]!) & 0xff]! : ((c << 8) ^ table[((c >>> (bits - 8)) ^ data[i]!) & 0xff]!) & mask;
    return ((c ^ xorOut) & mask) >>> 0;
  };
}

export const checksums: Readonly<Record<string, Checksum>> = {
  sum8: { bytes: 1, of: (d) => d.reduce((a, b) => (a + b) & 0xff, 0) },
  xor8: { bytes: 1, of: (d) => d.reduce((a, b) => a ^ b, 0) },
  lrc: { bytes: 1, of: (d) => -d.reduce((a, b) => (a + b) & 0xff, 0) & 0xff },
  sum16: { bytes: 2, of: (d) => d.reduce((a, b) => (a + b) & 0xffff, 0) },
  crc8: { bytes: 1, of: crc(8, 0x07, 0, false, 0) },
  'crc16-modbus': { bytes: 2, of: crc(16, 0xa001, 0xffff, true, 0) },
  'crc16-ccitt': { bytes: 2, of: crc(16, 0x1021, 0xffff, false, 0) },
  'crc16-xmodem': { bytes: 2, of: crc(16, 0x1021, 0, false, 0) },
  'crc16-kermit': { bytes: 2, of: crc(16, 0x8408, 0, true, 0) },
  crc32: { bytes: 4, of: crc(32, 0xedb88320, 0xffffffff, true, 0xffffffff) },
};
