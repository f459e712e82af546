// What the value information field of an M-Bus record says: quantity, unit, power of ten (EN 13757-3). Pure. Used by mbus-records.ts.

export interface Quantity {
  readonly name: string;
  readonly unit?: string;
  /** value × 10^exponent */
  readonly exponent: number;
  readonly kind?: 'date' | 'datetime' | 'text' | 'manufacturer';
}

const q = (name: string, unit: string | undefined, exponent: number, kind?: Quantity['kind']): Quantity => ({
  name,
  exponent,
  ...(unit === undefined ? {} : { unit }),
  ...(kind ? { kind } : {}),
});
const TIMES = ['s', 'min', 'h', 'd'];

/** @param vif without its extension bit */
export function primary(vif: number): Quantity | undefined {
  const n = vif & 7;
  const n2 = vif & 3;
  switch (vif >> 3) {
    case 0:
      return q('energy', 'Wh', n - 3);
    case 1:
      return q('energy', 'J', n);
    case 2:
      return q('volume', 'm³', n - 6);
    case 3:
      return q('mass', 'kg', n - 3);
    case 4:
      return q(vif & 4 ? 'operating_time' : 'on_time', TIMES[n2], 0);
    case 5:
      return q('power', 'W', n - 3);
    case 6:
      return q('power', 'J/h', n);
    case 7:
      return q('volume_flow', 'm³/h', n - 6);
    case 8:
      return q('volume_flow', 'm³/min', n - 7);
    case 9:
      return q('volume_flow', 'm³/s', n - 9);
    case 10:
      return q('mass_flow', 'kg/h', n - 3);
    case 11:
      return q(vif & 4 ? 'return_temperature' : 'flow_temperature', '°C', n2 - 3);
    case 12:
      return q(vif & 4 ? 'external_temperature' : 'temperature_difference', vif & 4 ? '°C' : 'K', n2 - 3);
    case 13:
      if (vif <= 0x6b) return q('pressure', 'bar', n2 - 3);
      if (vif === 0x6c) return q('date', undefined, 0, 'date');
      if (vif === 0x6d) return q('time', undefined, 0, 'datetime');
      return vif === 0x6e ? q('heat_cost_units', undefined, 0) : undefined;
    case 14:
      return q(vif & 4 ? 'actuality_duration' : 'averaging_duration', TIMES[n2], 0);
    default:
      if (vif === 0x78) return q('fabrication_number', undefined, 0, 'text');
      if (vif === 0x79) return q('enhanced_id', undefined, 0, 'text');
      if (vif === 0x7a) return q('bus_address', undefined, 0);
      return vif === 0x7f ? q('manufacturer_data', undefined, 0, 'manufacturer') : undefined;
  }
}

/** Second table, behind 0xFD. */
export function secondFd(vif: number): Quantity | undefined {
  if (vif >= 0x40 && vif <= 0x4f) return q('voltage', 'V', (vif & 15) - 9);
  if (vif >= 0x50 && vif <= 0x5f) return q('current', 'A', (vif & 15) - 12);
  const plain: Readonly<Record<number, string>> = {
    8: 'access_number',
    9: 'medium_code',
    11: 'parameter_set',
    12: 'model',
    13: 'hardware_version',
    14: 'firmware_version',
    15: 'software_version',
    16: 'customer_location',
    17: 'customer',
    23: 'error_flags',
    26: 'digital_output',
    27: 'digital_input',
    96: 'reset_counter',
    97: 'cumulation_counter',
    116: 'battery_days',
  };
  const name = plain[vif];
  if (name === undefined) return undefined;
  return vif === 116 ? q(name, 'd', 0) : q(name, undefined, 0, vif >= 11 && vif <= 17 ? 'text' : undefined);
}

/** First table, behind 0xFB. */
export function firstFb(vif: number): Quantity | undefined {
  const n = vif & 1;
  switch (vif >> 1) {
    case 0:
      return q('energy', 'MWh', n - 1);
    case 4:
      return q('energy', 'GJ', n - 1);
    case 8:
      return q('volume', 'm³', n + 2);
    case 12:
      return q('mass', 't', n + 2);
    case 20:
      return q('power', 'MW', n - 1);
    case 24:
      return q('power', 'GJ/h', n - 1);
    default:
      return undefined;
  }
}
