// preset: nmea0183. Sentences of GPS receivers, compasses and instruments on board as columns. The checksum is checked by the framing nmea.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../../data/value.ts';
import { nmeaFraming } from '../framing/nmea.ts';
import type { Preset } from './preset.ts';

type Fields = readonly string[];
const number = (text: string | undefined): Value => {
  if (text === undefined || text === '') return null;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw rowError(`"${text.slice(0, 20)}" is not a number`, 'DECODE_FAILED');
  return Number(text);
};
const whole = (text: string | undefined): Value => (text !== undefined && /^\d{1,15}$/.test(text) ? BigInt(text) : number(text));
/** ddmm.mmm and a hemisphere → degrees, south and west negative. */
function degrees(text: string | undefined, side: string | undefined): Value {
  if (!text || !side) return null;
  const m = /^(\d{1,3})(\d{2}(?:\.\d+)?)$/.exec(text);
  if (!m || !/^[NSEW]$/.test(side) || Number(m[2]) >= 60) throw rowError(`"${text.slice(0, 20)}" is not a position`, 'DECODE_FAILED');
  const value = Number(m[1]) + Number(m[2]) / 60;
  if (value > (side === 'N' || side === 'S' ? 90 : 180)) throw rowError(`"${text}" is not a position`, 'DECODE_FAILED');
  return side === 'S' || side === 'W' ? -value : value;
}
function time(text: string | undefined): Value {
  const m = /^(\d{2})(\d{2})(\d{2}(?:\.\d+)?)$/.exec(text ?? '');
  return m ? `${m[1]}:${m[2]}:${m[3]}` : null;
}
function date(text: string | undefined): Value {
  const m = /^(\d{2})(\d{2})(\d{2})$/.exec(text ?? '');
  // two digits of the year: GPS began in 1980
  return m ? `${Number(m[3]) >= 80 ? '19' : '20'}${m[3]}-${m[2]}-${m[1]}` : null;
}
/** A value with the letter of its side: left and west negative. */
const sided = (text: string | undefined, side: string | undefined): Value => {
  const v = number(text);
  return typeof v === 'number' && (side === 'L' || side === 'W') ? -v : v;
};

const sentences: Readonly<Record<string, (f: Fields) => Row>> = {
  GGA(f) {
    const quality = whole(f[5]);
    const fix = quality !== 0n && quality !== null;
    return {
      time: time(f[0]),
      latitude: fix ? degrees(f[1], f[2]) : null,
      longitude: fix ? degrees(f[3], f[4]) : null,
      quality,
      satellites: whole(f[6]),
      hdop: number(f[7]),
      altitude_m: fix ? number(f[8]) : null,
      geoid_separation_m: number(f[10]),
    };
  },
  RMC(f) {
    const valid = f[1] === 'A';
    return {
      time: time(f[0]),
      date: date(f[8]),
      valid,
      latitude: valid ? degrees(f[2], f[3]) : null,
      longitude: valid ? degrees(f[4], f[5]) : null,
      speed_kn: valid ? number(f[6]) : null,
      course: valid ? number(f[7]) : null,
      variation: sided(f[9], f[10]),
    };
  },
  GLL(f) {
    const valid = f[5] === undefined || f[5] === '' || f[5] === 'A';
    return { latitude: valid ? degrees(f[0], f[1]) : null, longitude: valid ? degrees(f[2], f[3]) : null, time: time(f[4]), valid };
  },
  VTG: (f) => ({ course: number(f[0]), course_magnetic: number(f[2]), speed_kn: number(f[4]), speed_kmh: number(f[6]) }),
  GSA: (f) => ({ mode: f[0] ?? null, fix: whole(f[1]), pdop: number(f[14]), hdop: number(f[15]), vdop: number(f[16]) }),
  GSV: (f) => ({ messages: whole(f[0]), message: whole(f[1]), satellites_in_view: whole(f[2]) }),
  ZDA: (f) => ({ time: time(f[0]), date: f[3] && f[2] && f[1] ? `${f[3]}-${f[2]}-${f[1]}` : null }),
  HDT: (f) => ({ heading_true: number(f[0]) }),
  HDM: (f) => ({ heading_magnetic: number(f[0]) }),
  HDG: (f) => ({ heading_magnetic: number(f[0]), deviation: sided(f[1], f[2]), variation: sided(f[3], f[4]) }),
  ROT: (f) => ({ rate_of_turn: f[1] === 'A' ? number(f[0]) : null }),
  DBT: (f) => ({ depth_m: number(f[2]) }),
  DPT: (f) => ({ depth_m: number(f[0]), offset_m: number(f[1]) }),
  MTW: (f) => ({ water_temperature_c: number(f[0]) }),
  MWV: (f) => ({
    wind_angle: f[4] === 'A' ? number(f[0]) : null,
    reference: f[1] ?? null,
    wind_speed: f[4] === 'A' ? number(f[2]) : null,
    wind_unit: f[3] ?? null,
  }),
  VHW: (f) => ({ heading_true: number(f[0]), heading_magnetic: number(f[2]), water_speed_kn: number(f[4]) }),
};

export const nmea0183: Preset = {
  name: 'nmea0183',
  doc: 'GPS receivers and instruments on board: columns of the usual sentences (GGA, RMC, VTG, …), others as a list of fields; checksum checked.',
  line: { baudRate: 4800, mode: '8N1' },
  framing: () => ({ ...nmeaFraming, create: (_options, drop) => nmeaFraming.create({ requireChecksum: true, maxFrameBytes: 1024 }, drop) }),
  decode(frame, props) {
    const [head = '', ...fields] = Buffer.from(frame).toString('latin1').split(',');
    const own = head.startsWith('P');
    const talker = own ? 'P' : head.slice(0, -3);
    const sentence = own ? head.slice(1) : head.slice(-3);
    if (!/^[A-Z0-9]+$/.test(sentence)) throw rowError('not a sentence', 'DECODE_FAILED');
    if (props.sentences.length > 0 && !props.sentences.some((s) => s.toUpperCase() === sentence)) return undefined;
    const read = own ? undefined : sentences[sentence];
    return { talker, sentence, ...(read ? read(fields) : { fields: [...fields] }) };
  },
};
