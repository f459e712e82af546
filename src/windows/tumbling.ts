// TUMBLINGWINDOW(unit, n): one window after the other, fired every n units, also when empty.

import { UNIT_MS } from './align.ts';
import { createAlignedWindow } from './aligned.ts';
import { calendarOf } from './calendar.ts';
import type { WindowSpec } from './spec.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

export function createTumbling(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const unit = spec.unit ?? 'ms';
  const lengthMs = spec.lengthMs!;
  const { timeZone, eventTime } = spec;
  return createAlignedWindow(
    { lengthMs, hopMs: lengthMs, hopUnits: lengthMs / UNIT_MS[unit], unit, timeZone, eventTime, gapless: true, calendar: calendarOf(spec) },
    deps,
  );
}
