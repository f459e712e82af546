// All fuzz targets. A new one is an entry in a file here; `make fuzz ARGS="--target name"` runs it alone.
import type { Target } from '../target.ts';
import { codecTargets } from './codecs.ts';
import { dataTargets } from './data.ts';
import { deviceTargets } from './devices.ts';
import { fileTargets } from './files.ts';
import { presetTargets } from './presets.ts';
import { restTargets } from './rest.ts';
import { sqlTargets } from './sql.ts';

export const targets: readonly Target[] = [
  ...sqlTargets,
  ...codecTargets,
  ...dataTargets,
  ...deviceTargets,
  ...presetTargets,
  ...fileTargets,
  ...restTargets,
];
