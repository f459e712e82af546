// What Home Assistant takes of a sensor: device classes with their units and state classes, and which unit and class a column's name tells. Facts of
// its documentation (sensor and MQTT sensor). Used by options.ts for what is declared and by entity.ts for what is guessed.

interface ClassFacts {
  /** undefined: without a unit. */
  readonly units: readonly (string | undefined)[];
  /** The usual one first; none: Home Assistant takes no state class. */
  readonly states: readonly StateClass[];
}
export type StateClass = 'measurement' | 'total' | 'total_increasing';
export const STATE_CLASSES: readonly StateClass[] = ['measurement', 'total', 'total_increasing'];

const now: readonly StateClass[] = ['measurement'];
const grows: readonly StateClass[] = ['total_increasing', 'total'];
const any: readonly StateClass[] = ['measurement', 'total', 'total_increasing'];
const PRESSURES = ['Pa', 'hPa', 'kPa', 'bar', 'cbar', 'mbar', 'mmHg', 'inHg', 'psi'];
const LENGTHS = ['mm', 'cm', 'm', 'km', 'in', 'ft', 'yd', 'mi', 'nmi'];
const VOLUMES = ['L', 'mL', 'm³', 'ft³', 'CCF', 'MCF', 'gal', 'fl. oz.'];
const ENERGIES = ['J', 'kJ', 'MJ', 'GJ', 'mWh', 'Wh', 'kWh', 'MWh', 'GWh', 'TWh', 'cal', 'kcal', 'Mcal', 'Gcal'];
const SPEEDS = ['m/s', 'km/h', 'mph', 'kn', 'ft/s', 'mm/d', 'in/d', 'mm/h', 'in/h'];
const DENSITY = ['µg/m³'];

export const SENSOR_CLASSES: Readonly<Record<string, ClassFacts>> = {
  apparent_power: { units: ['VA'], states: now },
  aqi: { units: [undefined], states: now },
  area: { units: ['m²', 'cm²', 'km²', 'mm²', 'in²', 'ft²', 'yd²', 'mi²', 'ac', 'ha'], states: any },
  atmospheric_pressure: { units: PRESSURES, states: now },
  battery: { units: ['%'], states: now },
  carbon_dioxide: { units: ['ppm'], states: now },
  carbon_monoxide: { units: ['ppm'], states: now },
  conductivity: { units: ['S/cm', 'mS/cm', 'µS/cm'], states: now },
  current: { units: ['A', 'mA'], states: now },
  data_rate: { units: ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'B/s', 'kB/s', 'MB/s', 'GB/s', 'KiB/s', 'MiB/s', 'GiB/s'], states: now },
  data_size: { units: ['bit', 'kbit', 'Mbit', 'Gbit', 'B', 'kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'], states: any },
  date: { units: [undefined], states: [] },
  distance: { units: LENGTHS, states: any },
  duration: { units: ['d', 'h', 'min', 's', 'ms'], states: any },
  energy: { units: ENERGIES, states: grows },
  energy_storage: { units: ENERGIES, states: now },
  enum: { units: [undefined], states: [] },
  frequency: { units: ['Hz', 'kHz', 'MHz', 'GHz'], states: now },
  gas: { units: ['m³', 'ft³', 'CCF'], states: grows },
  humidity: { units: ['%'], states: now },
  illuminance: { units: ['lx'], states: now },
  irradiance: { units: ['W/m²', 'BTU/(h⋅ft²)'], states: now },
  moisture: { units: ['%'], states: now },
  nitrogen_dioxide: { units: DENSITY, states: now },
  nitrogen_monoxide: { units: DENSITY, states: now },
  nitrous_oxide: { units: DENSITY, states: now },
  ozone: { units: DENSITY, states: now },
  ph: { units: [undefined], states: now },
  pm1: { units: DENSITY, states: now },
  pm10: { units: DENSITY, states: now },
  pm25: { units: DENSITY, states: now },
  power: { units: ['W', 'kW', 'MW', 'GW', 'TW'], states: now },
  power_factor: { units: ['%', undefined], states: now },
  precipitation: { units: ['mm', 'cm', 'in'], states: any },
  precipitation_intensity: { units: ['mm/h', 'mm/d', 'in/h', 'in/d'], states: now },
  pressure: { units: PRESSURES, states: now },
  reactive_power: { units: ['var'], states: now },
  signal_strength: { units: ['dB', 'dBm'], states: now },
  sound_pressure: { units: ['dB', 'dBA'], states: now },
  speed: { units: SPEEDS, states: now },
  sulphur_dioxide: { units: DENSITY, states: now },
  temperature: { units: ['°C', '°F', 'K'], states: now },
  timestamp: { units: [undefined], states: [] },
  volatile_organic_compounds: { units: DENSITY, states: now },
  volatile_organic_compounds_parts: { units: ['ppm', 'ppb'], states: now },
  voltage: { units: ['V', 'mV', 'µV', 'kV', 'MV'], states: now },
  volume: { units: VOLUMES, states: grows },
  volume_flow_rate: { units: ['m³/h', 'ft³/min', 'L/min', 'gal/min', 'mL/s'], states: now },
  volume_storage: { units: VOLUMES, states: now },
  water: { units: ['L', 'm³', 'ft³', 'gal', 'CCF'], states: grows },
  weight: { units: ['kg', 'g', 'mg', 'µg', 'oz', 'lb', 'st'], states: any },
  wind_direction: { units: ['°'], states: [] },
  wind_speed: { units: SPEEDS, states: now },
};

export const BINARY_CLASSES: readonly string[] = [
  ...['battery', 'battery_charging', 'carbon_monoxide', 'cold', 'connectivity', 'door', 'garage_door', 'gas', 'heat', 'light', 'lock'],
  ...['moisture', 'motion', 'moving', 'occupancy', 'opening', 'plug', 'power', 'presence', 'problem', 'running', 'safety', 'smoke'],
  ...['sound', 'tamper', 'update', 'vibration', 'window'],
];

export interface Guess {
  readonly unit?: string;
  readonly deviceClass?: string;
}

/** Last part of a column's name, and the unit that it names. */
const SUFFIXES: Readonly<Record<string, Guess>> = {
  c: { unit: '°C', deviceClass: 'temperature' },
  degc: { unit: '°C', deviceClass: 'temperature' },
  celsius: { unit: '°C', deviceClass: 'temperature' },
  f: { unit: '°F', deviceClass: 'temperature' },
  fahrenheit: { unit: '°F', deviceClass: 'temperature' },
  v: { unit: 'V', deviceClass: 'voltage' },
  mv: { unit: 'mV', deviceClass: 'voltage' },
  a: { unit: 'A', deviceClass: 'current' },
  ma: { unit: 'mA', deviceClass: 'current' },
  w: { unit: 'W', deviceClass: 'power' },
  kw: { unit: 'kW', deviceClass: 'power' },
  mw: { unit: 'MW', deviceClass: 'power' },
  va: { unit: 'VA', deviceClass: 'apparent_power' },
  var: { unit: 'var', deviceClass: 'reactive_power' },
  wh: { unit: 'Wh', deviceClass: 'energy' },
  kwh: { unit: 'kWh', deviceClass: 'energy' },
  mwh: { unit: 'MWh', deviceClass: 'energy' },
  hz: { unit: 'Hz', deviceClass: 'frequency' },
  hpa: { unit: 'hPa', deviceClass: 'pressure' },
  kpa: { unit: 'kPa', deviceClass: 'pressure' },
  mbar: { unit: 'mbar', deviceClass: 'pressure' },
  bar: { unit: 'bar', deviceClass: 'pressure' },
  psi: { unit: 'psi', deviceClass: 'pressure' },
  lx: { unit: 'lx', deviceClass: 'illuminance' },
  lux: { unit: 'lx', deviceClass: 'illuminance' },
  dbm: { unit: 'dBm', deviceClass: 'signal_strength' },
  percent: { unit: '%' },
  pct: { unit: '%' },
  ppm: { unit: 'ppm' },
  rpm: { unit: 'rpm' },
  kg: { unit: 'kg', deviceClass: 'weight' },
  g: { unit: 'g', deviceClass: 'weight' },
  mm: { unit: 'mm', deviceClass: 'distance' },
  cm: { unit: 'cm', deviceClass: 'distance' },
  km: { unit: 'km', deviceClass: 'distance' },
  m3: { unit: 'm³', deviceClass: 'volume' },
  s: { unit: 's', deviceClass: 'duration' },
  ms: { unit: 'ms', deviceClass: 'duration' },
};

/** Words of a name that say more than the unit. The unit must be one of the class. */
const WORDS: readonly [word: RegExp, deviceClass: string, unit?: string][] = [
  [/humid/, 'humidity', '%'],
  [/moist/, 'moisture', '%'],
  [/batter|soc$/, 'battery', '%'],
  [/co2|carbon_?dioxide/, 'carbon_dioxide', 'ppm'],
  [/power_?factor|cos_?phi/, 'power_factor'],
  [/water/, 'water'],
  [/gas/, 'gas'],
];

/** Unit and device class that a column's name tells: by its last part (`tank_c`, `import_kWh`), or by a word whose quantity has one unit (humidity,
 *  battery, CO2). A name such as `temperature` tells no unit: none is made up. */
export function guess(column: string): Guess {
  const parts = column
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  // `kWh` is one word, though its letters change
  const last = column.toLowerCase().split(/[^a-z0-9]+/);
  const ending = (list: readonly string[]): Guess | undefined => (list.length > 1 ? SUFFIXES[list.at(-1)!] : undefined);
  const bySuffix = ending(last) ?? ending(parts);
  const name = column.toLowerCase();
  const word = WORDS.find(([w]) => w.test(name));
  if (!word) return bySuffix ?? {};
  const unit = bySuffix?.unit ?? word[2];
  return unit !== undefined && SENSOR_CLASSES[word[1]]!.units.includes(unit) ? { unit, deviceClass: word[1] } : (bySuffix ?? {});
}
