// Flags of the line that the `modbus` commands share. Apart from modbus-line.ts, which loads the connector.
import type { Command } from './command.ts';

type Flags = NonNullable<Command['flags']>;

export const serialLineFlags: Flags = [
  { names: ['baudRate', 'baud'], doc: 'speed of a serial line' },
  { names: ['mode'], doc: 'character frame of a serial line, e.g. 8E1' },
];

export const lineFlags: Flags = [...serialLineFlags, { names: ['timeout'], doc: 'longest time for a reply' }];
