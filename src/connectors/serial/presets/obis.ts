// Names for the codes of meters (OBIS), units of DLMS, and values with decimals as they stand. Shared by the presets dsmr, sml and iec62056-21.
import type { Row, Value, ValueObject } from '../../../data/value.ts';

/** C.D.E of electricity meters; the same in all their protocols. */
const NAMES: Readonly<Record<string, string>> = {
  '1.8.0': 'energy_import',
  '1.8.1': 'energy_import_t1',
  '1.8.2': 'energy_import_t2',
  '1.8.3': 'energy_import_t3',
  '1.8.4': 'energy_import_t4',
  '2.8.0': 'energy_export',
  '2.8.1': 'energy_export_t1',
  '2.8.2': 'energy_export_t2',
  '2.8.3': 'energy_export_t3',
  '2.8.4': 'energy_export_t4',
  '3.8.0': 'reactive_energy_import',
  '4.8.0': 'reactive_energy_export',
  '1.7.0': 'power_import',
  '2.7.0': 'power_export',
  '3.7.0': 'reactive_power_import',
  '4.7.0': 'reactive_power_export',
  '16.7.0': 'power',
  '21.7.0': 'power_import_l1',
  '41.7.0': 'power_import_l2',
  '61.7.0': 'power_import_l3',
  '22.7.0': 'power_export_l1',
  '42.7.0': 'power_export_l2',
  '62.7.0': 'power_export_l3',
  '36.7.0': 'power_l1',
  '56.7.0': 'power_l2',
  '76.7.0': 'power_l3',
  '32.7.0': 'voltage_l1',
  '52.7.0': 'voltage_l2',
  '72.7.0': 'voltage_l3',
  '31.7.0': 'current_l1',
  '51.7.0': 'current_l2',
  '71.7.0': 'current_l3',
  '14.7.0': 'frequency',
  '13.7.0': 'power_factor',
  '33.7.0': 'power_factor_l1',
  '53.7.0': 'power_factor_l2',
  '73.7.0': 'power_factor_l3',
  '96.14.0': 'tariff',
  '96.7.21': 'power_failures',
  '96.7.9': 'long_power_failures',
  '32.32.0': 'voltage_sags_l1',
  '52.32.0': 'voltage_sags_l2',
  '72.32.0': 'voltage_sags_l3',
  '32.36.0': 'voltage_swells_l1',
  '52.36.0': 'voltage_swells_l2',
  '72.36.0': 'voltage_swells_l3',
  '96.13.0': 'message',
  '96.1.0': 'meter_id',
  '96.1.1': 'meter_id',
  '0.2.8': 'version',
  '1.0.0': 'time',
  '0.0.0': 'meter_id',
  '0.9.1': 'meter_time',
  '0.9.2': 'meter_date',
};

/** @param cde value groups C.D.E  @returns the column: a name, or obis_C_D_E */
export const columnOf = (cde: string): string => NAMES[cde] ?? `obis_${cde.replace(/[^0-9A-Za-z]+/g, '_')}`;

/** Units by their number in DLMS (Blue Book); those that meters of energy, heat, gas and water have. */
const UNITS: Readonly<Record<number, string>> = {
  1: 'a',
  2: 'mo',
  3: 'wk',
  4: 'd',
  5: 'h',
  6: 'min',
  7: 's',
  8: '°',
  9: '°C',
  11: 'm',
  12: 'm/s',
  13: 'm³',
  14: 'm³',
  15: 'm³/h',
  16: 'm³/h',
  17: 'm³/d',
  19: 'l',
  20: 'kg',
  23: 'Pa',
  24: 'bar',
  25: 'J',
  26: 'J/h',
  27: 'W',
  28: 'VA',
  29: 'var',
  30: 'Wh',
  31: 'VAh',
  32: 'varh',
  33: 'A',
  34: 'C',
  35: 'V',
  44: 'Hz',
};
export const unitOf = (code: number): string | undefined => UNITS[code];

/** value × 10^exponent, as the decimal number that it is: no dust of binary fractions. */
export function scaled(value: bigint, exponent: number): Value {
  if (exponent === 0) return value;
  if (exponent > 0) {
    const out = exponent > 30 ? undefined : value * 10n ** BigInt(exponent);
    return out !== undefined && BigInt.asIntN(64, out) === out ? out : Number(`${value}e${exponent}`);
  }
  return Number(`${value}e${exponent}`);
}

/** Collects columns and their units; a column that is there already gets a number behind its name. */
export class Columns {
  readonly row: Row = {};
  private readonly units: ValueObject = {};

  set(name: string, value: Value, unit?: string): void {
    let column = name;
    for (let n = 2; Object.hasOwn(this.row, column); n++) column = `${name}_${n}`;
    this.row[column] = value;
    if (unit !== undefined && unit !== '') this.units[column] = unit;
  }

  /** The row with the object `units`. */
  done(): Row {
    return { ...this.row, units: this.units };
  }
}
