// Units by what they measure, each with its factor to the first one; temperatures have a zero of their own. Not a function itself.
export interface Unit {
  readonly measure: string;
  readonly factor: number;
  /** value in the base unit = value × factor + offset */
  readonly offset: number;
}

const table: Readonly<Record<string, Readonly<Record<string, number | readonly [factor: number, offset: number]>>>> = {
  temperature: { K: 1, C: [1, 273.15], F: [5 / 9, 273.15 - (32 * 5) / 9] },
  length: { m: 1, mm: 0.001, cm: 0.01, km: 1000, in: 0.0254, ft: 0.3048, yd: 0.9144, mi: 1609.344, nmi: 1852 },
  area: { m2: 1, cm2: 1e-4, ha: 10_000, km2: 1e6, ft2: 0.09290304, acre: 4046.8564224 },
  volume: { l: 1, ml: 0.001, m3: 1000, gal: 3.785411784, ft3: 28.316846592 },
  mass: { kg: 1, g: 0.001, mg: 1e-6, t: 1000, lb: 0.45359237, oz: 0.028349523125 },
  pressure: { Pa: 1, hPa: 100, kPa: 1000, MPa: 1e6, mbar: 100, bar: 100_000, psi: 6894.757293168, atm: 101_325, mmHg: 133.322387415 },
  energy: { J: 1, kJ: 1000, MJ: 1e6, Wh: 3600, kWh: 3.6e6, MWh: 3.6e9, cal: 4.184, kcal: 4184, BTU: 1055.05585262 },
  power: { W: 1, mW: 0.001, kW: 1000, MW: 1e6, hp: 745.6998715822702 },
  speed: { 'm/s': 1, 'km/h': 1 / 3.6, mph: 0.44704, kn: 1852 / 3600, 'ft/s': 0.3048 },
  flow: { 'l/s': 1, 'l/min': 1 / 60, 'l/h': 1 / 3600, 'm3/h': 1000 / 3600, 'm3/s': 1000 },
  time: { s: 1, ms: 0.001, us: 1e-6, min: 60, h: 3600, d: 86_400 },
  data: { B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824 },
  angle: { deg: 1, rad: 180 / Math.PI },
  voltage: { V: 1, mV: 0.001, kV: 1000 },
  current: { A: 1, mA: 0.001, uA: 1e-6 },
};

const units = new Map<string, Unit>(
  Object.entries(table).flatMap(([measure, members]) =>
    Object.entries(members).map(([name, how]): [string, Unit] => {
      const [factor, offset] = typeof how === 'number' ? [how, 0] : how;
      return [name, { measure, factor, offset }];
    }),
  ),
);

export const unitNamed = (name: string): Unit | undefined => units.get(name.replace(/^°/, ''));

/** For docs and errors. */
export const unitNames = (): string =>
  Object.values(table)
    .map((members) => Object.keys(members).join(' '))
    .join(', ');
