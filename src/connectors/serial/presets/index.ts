// The presets, by the name that the property `preset` takes. A new one is a file and a line here.
import { dsmr } from './dsmr.ts';
import { iec62056 } from './iec62056.ts';
import { mbus } from './mbus.ts';
import { nmea0183 } from './nmea0183.ts';
import type { Preset } from './preset.ts';
import { barcode, scale } from './scale.ts';
import { sml } from './sml.ts';
import { vedirect } from './vedirect.ts';

export const presets: readonly Preset[] = [dsmr, sml, iec62056, mbus, nmea0183, vedirect, scale, barcode];
export type { Preset, PresetProps } from './preset.ts';
