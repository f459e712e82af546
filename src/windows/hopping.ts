// HOPPINGWINDOW(unit, n, hop): fired every hop with the rows of the last n units; windows overlap when n is longer than the hop, and
// leave rows out when it is shorter.

import { UNIT_MS } from './align.ts';
import { createAlignedWindow } from './aligned.ts';
import { calendarOf } from './calendar.ts';
import type { WindowSpec } from './spec.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

export function createHopping(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const unit = spec.unit ?? 'ms';
  const lengthMs = spec.lengthMs!;
  const hopMs = spec.intervalMs ?? lengthMs;
  const { timeZone, eventTime } = spec;
  return createAlignedWindow(
    { lengthMs, hopMs, hopUnits: hopMs / UNIT_MS[unit], unit, timeZone, eventTime, gapless: false, calendar: calendarOf(spec) },
    deps,
  );
}
