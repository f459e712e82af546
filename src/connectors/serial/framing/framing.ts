// What a framing is: cuts a stream of bytes into frames and makes frames of payloads. One framing per file, listed in index.ts.
// A framer never throws and holds at most `maxFrameBytes`: lines without delimiters are a daily fact, not an error.
import type { OptionSpec } from '../../../contract/props.ts';

/** Takes a finished frame; the bytes are the framer's no longer. */
export type FrameOut = (frame: Buffer) => void;

export interface Framer {
  push(chunk: Uint8Array, out: FrameOut): void;
  /** Forgets a half frame (the port was opened anew, the line was silent). */
  reset(): void;
  /** Bytes of the half frame. */
  readonly held: number;
  /** Silence after which `idle` is called, ms; undefined: never. */
  readonly idleMs?: number;
  /** The line was silent for `idleMs`. */
  idle?(out: FrameOut): void;
  /** A frame that holds the payload, for sinks and requests. @throws Error when the payload cannot be framed */
  encode(payload: Uint8Array): Buffer;
}

/** Told of each thing thrown away. */
export type OnDrop = (reason: string) => void;

export interface FramingDefinition {
  name: string;
  doc: string;
  options: readonly OptionSpec[];
  /** @throws Error naming the option that is wrong */
  create(options: Record<string, any>, drop: OnDrop): Framer;
}

export const maxFrameOption: OptionSpec = {
  name: 'maxFrameBytes',
  type: 'int',
  default: 4096,
  min: 1,
  max: 1_048_576,
  doc: 'Longest frame, bytes. Longer ones are thrown away and counted, so that a line without delimiters costs no memory.',
};
