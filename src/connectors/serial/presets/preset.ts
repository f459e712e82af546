// What a preset is: line, framing and decoding of a kind of instrument under one name. One per file, listed in index.ts. A preset gives no value
// that its checksum does not vouch for: frames with a wrong one are thrown away and counted.
import type { Row } from '../../../data/value.ts';
import type { FramingDefinition } from '../framing/index.ts';
import type { Request } from '../requests.ts';

export interface PresetProps {
  /** nmea0183: sentences that are wanted; [] = all. */
  readonly sentences: readonly string[];
  /** dsmr: telegrams without a checksum are taken (DSMR 2 and 3 have none). */
  readonly withoutChecksum: boolean;
  /** mbus, iec62056-21: addresses of the meters; [] = none is asked (mbus), the only one (iec62056-21). */
  readonly meters: readonly string[];
}

export interface Preset {
  readonly name: string;
  readonly doc: string;
  /** When the user says nothing about the line. */
  readonly line: { readonly baudRate: number; readonly mode: string };
  framing(props: PresetProps): FramingDefinition;
  /** @returns undefined for a frame that is right but not wanted  @throws rowError for one that means nothing */
  decode(frame: Uint8Array, props: PresetProps): Row | undefined;
  /** What is asked in turn, every pollInterval. @throws Error naming the property that is wrong */
  requests?(props: PresetProps): Request[];
  /** The instrument is asked by a conversation of its own (iec62056-session.ts). */
  readonly session?: 'iec62056-21';
}
