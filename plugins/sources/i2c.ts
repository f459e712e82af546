// Registers of a part on an I2C bus, by `i2ctransfer` of the Debian package i2c-tools. One row per `interval`, one column per register, read in one
// transfer. Not tried on a real board.
import { execFile } from 'node:child_process';
import { defineSource } from '@kuiper-gateway/plugin';

interface Register {
  name: string;
  address: number;
  bytes: number;
  value(bytes: Buffer): number | string;
}

const TOOL_TIMEOUT_MS = 5_000;
/** The smallest and largest address that a part may have; the rest of the seven bits is reserved. */
const FIRST_ADDRESS = 0x03;
const LAST_ADDRESS = 0x77;

export const I2c = defineSource({
  doc: 'Registers of a part on an I2C bus: a row per interval.',
  options: {
    bus: { type: 'int', doc: 'Number of the bus: 1 is /dev/i2c-1.', default: 1, min: 0, max: 255 },
    address: { type: 'string', doc: 'Address of the part: 0x48; i2cdetect -y BUS lists them.', required: true },
    registers: {
      type: 'string[]',
      doc: 'Columns, as name=register:type with *factor and +offset behind it: ["temperature=0x00:int16be*0.0078125"]. Types: uint8, int8, uint16, int16, uint24, int24, uint32, int32, float32 with be or le, and hex4 (four bytes as text).',
      required: true,
    },
    init: { type: 'string[]', doc: 'Bytes that are written when the source opens: ["0xF4 0x27"].', default: [] },
  },
  create() {
    let bus = 1;
    let address = 0;
    let registers: Register[] = [];
    let init: number[][] = [];
    return {
      configure({ options }) {
        bus = options.bus;
        address = byteOf(options.address, 'address');
        if (address < FIRST_ADDRESS || address > LAST_ADDRESS) throw new Error(`address ${options.address} is not from 0x03 to 0x77`);
        registers = options.registers.map(registerOf);
        if (registers.length === 0) throw new Error('registers is empty: name at least one, as ["level=0x00:uint8"]');
        const twice = registers.find((r, i) => registers.findIndex((other) => other.name === r.name) < i);
        if (twice) throw new Error(`column "${twice.name}" is named twice in registers`);
        init = options.init.map((text) => {
          const bytes = text
            .trim()
            .split(/[\s,]+/)
            .map((b) => byteOf(b, 'init'));
          return bytes;
        });
      },
      async open() {
        for (const bytes of init) await transfer(bus, [`w${bytes.length}@${hex(address)}`, ...bytes.map(hex)]);
      },
      async pull(_ctx, emit) {
        const words = registers.flatMap((r) => [`w1@${hex(address)}`, hex(r.address), `r${r.bytes}`]);
        const answers = (await transfer(bus, words)).trim().split('\n');
        if (answers.length !== registers.length)
          throw new Error(`i2ctransfer gave ${answers.length} answers for ${registers.length} registers`);
        const row: Record<string, number | string> = {};
        registers.forEach((r, i) => {
          const bytes = Buffer.from(
            answers[i]!.trim()
              .split(/\s+/)
              .map((b) => byteOf(b, 'answer')),
          );
          if (bytes.length !== r.bytes) throw new Error(`register ${hex(r.address)} gave ${bytes.length} bytes, not ${r.bytes}`);
          row[r.name] = r.value(bytes);
        });
        await emit(row);
      },
    };
  },
});

/** `name=register:type*factor+offset`. */
function registerOf(text: string): Register {
  const m =
    /^\s*([\p{L}_][\p{L}\d_]*)\s*=\s*(\w+)\s*:\s*(?:(u?int)(8|16|24|32)|(float)(32)|(hex)(\d{1,2}))(be|le)?\s*(?:\*\s*(-?[\d.]+(?:e-?\d+)?))?\s*(?:\+\s*(-?[\d.]+))?\s*$/u.exec(
      text,
    );
  if (!m) throw new Error(`"${text}" is not a register: write name=register:type, as temperature=0x00:int16be*0.0625`);
  const kind = m[3] ?? m[5] ?? m[7]!;
  const size = Number(m[4] ?? m[6] ?? m[8]);
  const bytes = kind === 'hex' ? size : size / 8;
  if (bytes < 1 || bytes > 32) throw new Error(`"${text}": one to 32 bytes can be read at a time`);
  if (bytes > 1 && kind !== 'hex' && !m[9]) throw new Error(`"${text}": say the order of bytes, ${kind}${size}be or ${kind}${size}le`);
  if (kind === 'hex' && (m[9] || m[10] || m[11])) throw new Error(`"${text}": hex is text; it has no order, factor or offset`);
  const factor = m[10] === undefined ? 1 : Number(m[10]);
  const offset = m[11] === undefined ? 0 : Number(m[11]);
  if (!Number.isFinite(factor) || !Number.isFinite(offset)) throw new Error(`"${text}": the factor or offset is not a number`);
  const little = m[9] === 'le';
  const raw = (b: Buffer): number => {
    if (kind === 'float') return little ? b.readFloatLE(0) : b.readFloatBE(0);
    if (kind === 'int') return little ? b.readIntLE(0, bytes) : b.readIntBE(0, bytes);
    return little ? b.readUIntLE(0, bytes) : b.readUIntBE(0, bytes);
  };
  return {
    name: m[1]!,
    address: byteOf(m[2]!, text),
    bytes,
    value: (b) => (kind === 'hex' ? b.toString('hex') : raw(b) * factor + offset),
  };
}

function byteOf(text: string, where: string): number {
  const n = /^(0x[0-9a-f]{1,2}|\d{1,3})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(n >= 0 && n <= 255)) throw new Error(`${where}: "${text}" is not a byte, as 0x48 or 72`);
  return n;
}

const hex = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;

function transfer(bus: number, words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('i2ctransfer', ['-y', String(bus), ...words], { timeout: TOOL_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if ('code' in error && error.code === 'ENOENT')
        reject(new Error('i2ctransfer cannot be started: install it with "apt install i2c-tools"'));
      else reject(new Error(`i2ctransfer: ${stderr.trim() || error.message}`));
    });
  });
}
