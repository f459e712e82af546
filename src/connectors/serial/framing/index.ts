// The framings, by the name that the property `framing` takes. A new one is a file and a line here.
import { cobsFraming } from './cobs.ts';
import { delimiterFraming } from './delimiter.ts';
import { fixedFraming } from './fixed.ts';
import type { FramingDefinition } from './framing.ts';
import { gapFraming } from './gap.ts';
import { lengthPrefixedFraming } from './length-prefixed.ts';
import { nmeaFraming } from './nmea.ts';
import { regexFraming } from './regex.ts';
import { slipFraming } from './slip.ts';
import { startEndFraming } from './start-end.ts';

export const framings: readonly FramingDefinition[] = [
  delimiterFraming,
  fixedFraming,
  lengthPrefixedFraming,
  gapFraming,
  regexFraming,
  startEndFraming,
  slipFraming,
  cobsFraming,
  nmeaFraming,
];
export * from './framing.ts';
