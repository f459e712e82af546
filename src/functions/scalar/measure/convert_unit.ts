// SQL convert_unit(x, from, to).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { describe } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';
import { unitNamed, unitNames } from './units.ts';

export const convertUnit = defineScalar({
  name: 'convert_unit',
  group: 'measure',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('x', 'number'), param('from', 'string'), param('to', 'string')],
  returns: 'float',
  doc: 'x in another unit of the same measure, as a float. Units: K C F, m mm cm km in ft yd mi nmi, m2 cm2 ha km2 ft2 acre, l ml m3 gal ft3, kg g mg t lb oz, Pa hPa kPa MPa mbar bar psi atm mmHg, J kJ MJ Wh kWh MWh cal kcal BTU, W mW kW MW hp, m/s km/h mph kn ft/s, l/s l/min l/h m3/h m3/s, s ms us min h d, B kB MB GB KiB MiB GiB, deg rad, V mV kV, A mA uA.',
  examples: [
    ['round(convert_unit(20, "C", "F"), 6)', 68],
    ['round(convert_unit(a, "F", "C"), 6)', 100, { a: 212 }],
    ['convert_unit(1.5, "kWh", "Wh")', 1500],
    ['round(convert_unit(100, "km/h", "m/s"), 4)', 27.7778],
    ['convert_unit(a, "m", "km")', null, { a: null }],
    ['convert_unit(1, "kg", "m")', { error: 'kg is a unit of mass and m one of length' }],
    ['convert_unit(1, "parsec", "m")', { error: 'parsec is no unit that is known' }],
  ],
  exec: (x: Value, from: Value, to: Value) => {
    if (typeof x !== 'number' && typeof x !== 'bigint') throw rowError(`a number expected, but found ${describe(x)}`);
    const [a, b] = [from, to].map((name) => {
      const unit = unitNamed(String(name));
      if (!unit) throw rowError(`${String(name)} is no unit that is known: ${unitNames()}`);
      return unit;
    });
    if (a!.measure !== b!.measure) throw rowError(`${String(from)} is a unit of ${a!.measure} and ${String(to)} one of ${b!.measure}`);
    if (a === b) return Number(x);
    // the quotient first: most pairs differ by a power of ten
    return a!.offset === 0 && b!.offset === 0
      ? Number(x) * (a!.factor / b!.factor)
      : (Number(x) * a!.factor + a!.offset - b!.offset) / b!.factor;
  },
});
