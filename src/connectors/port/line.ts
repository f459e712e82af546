// Settings of a serial line: speed, character frame, flow control, control lines. Shared by serial and Modbus; parsed from options.ts.
import type { OptionSpec } from '../../contract/props.ts';

export interface LineSettings {
  baudRate: number;
  dataBits: 5 | 6 | 7 | 8;
  parity: 'none' | 'even' | 'odd' | 'mark' | 'space';
  stopBits: 1 | 1.5 | 2;
  /** `xonxoff`: software, in both directions; `rtscts`: by the lines RTS and CTS. */
  flowControl: 'none' | 'rtscts' | 'xonxoff';
  /** State of the lines after opening; undefined leaves what the driver does (both on). */
  rts: boolean | undefined;
  dtr: boolean | undefined;
  /** Lower DTR when the port is closed (most Arduino boards start anew when DTR rises at the next open). */
  hupcl: boolean;
}

export const defaultLine: LineSettings = {
  baudRate: 9600,
  dataBits: 8,
  parity: 'none',
  stopBits: 1,
  flowControl: 'none',
  rts: undefined,
  dtr: undefined,
  hupcl: true,
};

/** Options of the line, for connectors that use a port. `mode` (7E1) wins over the three single ones. */
export const lineOptions: readonly OptionSpec[] = [
  { name: 'baudRate', type: 'int', default: 9600, min: 50, max: 4_000_000, doc: 'Speed in bits per second.', example: 115200 },
  { name: 'mode', type: 'string', default: '', doc: 'Character frame in short: data bits, parity (N E O M S), stop bits.', example: '7E1' },
  { name: 'dataBits', type: 'int', default: 8, oneOf: [5, 6, 7, 8], doc: 'Data bits of a character.' },
  { name: 'parity', type: 'string', default: 'none', oneOf: ['none', 'even', 'odd', 'mark', 'space'], doc: 'Parity bit.' },
  { name: 'stopBits', type: 'float', default: 1, oneOf: [1, 1.5, 2], doc: 'Stop bits of a character.' },
  {
    name: 'flowControl',
    type: 'string',
    default: 'none',
    oneOf: ['none', 'rtscts', 'xonxoff'],
    doc: 'Flow control: none, by the lines RTS and CTS, or by the characters XON and XOFF. XON/XOFF needs text protocols: binary data may hold these characters.',
  },
  { name: 'rts', type: 'bool', doc: 'Sets the RTS line after opening. Not for RS-485: see docs/connectors/rs485.md.', advanced: true },
  { name: 'dtr', type: 'bool', doc: 'Sets the DTR line after opening (some instruments take their power from it).', advanced: true },
  { name: 'hupcl', type: 'bool', default: true, doc: 'Lowers DTR when the port is closed.', advanced: true },
];

const parities: Record<string, LineSettings['parity']> = { N: 'none', E: 'even', O: 'odd', M: 'mark', S: 'space' };

/** @param p parsed by `lineOptions`  @throws Error naming `mode` when it is not a character frame */
export function toLineSettings(p: Record<string, unknown>): LineSettings {
  const line: LineSettings = {
    baudRate: (p['baudRate'] as number | undefined) ?? defaultLine.baudRate,
    dataBits: ((p['dataBits'] as number | undefined) ?? 8) as LineSettings['dataBits'],
    parity: String(p['parity'] ?? 'none').toLowerCase() as LineSettings['parity'],
    stopBits: ((p['stopBits'] as number | undefined) ?? 1) as LineSettings['stopBits'],
    flowControl: String(p['flowControl'] ?? 'none').toLowerCase() as LineSettings['flowControl'],
    rts: p['rts'] as boolean | undefined,
    dtr: p['dtr'] as boolean | undefined,
    hupcl: (p['hupcl'] as boolean | undefined) ?? true,
  };
  const mode = String(p['mode'] ?? '').trim();
  if (mode === '') return line;
  // YAML takes an unquoted 8E1 for the number 80 (8·10¹), and 7E2 for 700
  const m = /^([5-8])([NEOMS])(1|1\.5|2)$/i.exec(mode.replace(/^([5-8])(00?)$/, (_all, bits, zeros) => `${bits}E${zeros.length}`));
  if (!m)
    throw new Error(`property mode: "${mode}" is not a character frame; write data bits, parity and stop bits, for example 8N1 or 7E1`);
  line.dataBits = Number(m[1]) as LineSettings['dataBits'];
  line.parity = parities[m[2]!.toUpperCase()]!;
  line.stopBits = Number(m[3]) as LineSettings['stopBits'];
  return line;
}

/** `9600 8N1`, with the flow control when there is one. */
export function lineText(l: LineSettings): string {
  const frame = `${l.dataBits}${l.parity[0]!.toUpperCase()}${l.stopBits}`;
  return `${l.baudRate} ${frame}${l.flowControl === 'none' ? '' : ` ${l.flowControl}`}`;
}

/** Time that one character takes on the line, ms: start bit, data, parity, stop. For gaps between frames. */
export function characterMs(l: LineSettings): number {
  return ((1 + l.dataBits + (l.parity === 'none' ? 0 : 1) + l.stopBits) * 1000) / l.baudRate;
}
