// What the function and its thread say to each other. Used by onnx.ts and thread.ts.
import type { MessagePort } from 'node:worker_threads';

/** One list for a model with one input, or a list per input. */
export type Inputs = readonly (number | bigint | string)[] | Readonly<Record<string, readonly (number | bigint | string)[]>>;

export interface Question {
  model: string;
  file: string;
  /** Changes with the file. */
  stamp: string;
  inputs: Inputs;
}

export type Value = number | bigint | string | boolean;
/** A value, a list, or one of them for each output. */
export type Answer = Value | Value[] | Record<string, Value | Value[]>;

export interface ThreadData {
  onnxPort: MessagePort;
  /** [0] becomes ANSWERED once the answer lies at the port. */
  flag: Int32Array;
  /** The runtime's WebAssembly. */
  runtimeFile: string;
}

export const ANSWERED = 1;
