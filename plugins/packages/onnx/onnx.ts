// `onnx("model", values…)`: what a model says about a row. ONNX Runtime in WebAssembly runs on every board, but it answers later, and a function of SQL
// gives its value at once: so it runs in a thread of its own, and this one waits for it. Models lie in etc/functions/onnx/<model>.onnx.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { type Argument, defineFunction } from '@kuiper-gateway/plugin';
import type { Answer, Inputs, Question, ThreadData } from './protocol.ts';
import { serve } from './thread.ts';

/** Also the first row's wait for the runtime to load. */
const ANSWER_TIMEOUT_MS = 20_000;
/** A model file is looked at this often: a new one is in effect after that. */
const LOOK_EVERY_MS = 1_000;

// this file is also the thread's: it is the only one that travels
if ((workerData as Partial<ThreadData> | null)?.onnxPort) serve(workerData as ThreadData);

interface Thread {
  worker: Worker;
  port: MessagePort;
  flag: Int32Array;
  /** Why it ended, once it has. */
  ended: string | undefined;
}
let thread: Thread | undefined;

function startThread(runtimeFile: string): Thread {
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const data: ThreadData = { onnxPort: port2, flag, runtimeFile };
  const worker = new Worker(new URL(import.meta.url), { workerData: data, transferList: [port2] });
  const t: Thread = { worker, port: port1, flag, ended: undefined };
  worker.unref();
  worker.on('error', (error: Error) => {
    t.ended = error.message;
  });
  worker.on('exit', (code) => {
    t.ended ??= `its thread ended (${code})`;
  });
  return t;
}

/** Waits for the answer. @throws what went wrong, in words */
function ask(t: Thread, question: Question): Answer {
  Atomics.store(t.flag, 0, 0);
  t.port.postMessage(question);
  if (Atomics.wait(t.flag, 0, 0, ANSWER_TIMEOUT_MS) === 'timed-out') {
    void t.worker.terminate();
    if (thread === t) thread = undefined;
    throw new Error(`model ${question.model} gave no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
  }
  const got = receiveMessageOnPort(t.port)?.message as { value: Answer } | { error: string } | undefined;
  if (!got) throw new Error('the runtime of ONNX answered nothing');
  if ('error' in got) throw new Error(got.error);
  return got.value;
}

export const Onnx = defineFunction({
  doc: 'What an ONNX model says about the values: a number, a list, or an object by output.',
  args: [
    { name: 'model', type: 'string', doc: 'Name of the file etc/functions/onnx/<model>.onnx.' },
    { name: 'values', rest: true, doc: 'Numbers, a list, or an object by input.' },
  ],
  create() {
    const stamps = new Map<string, { lookedAtMs: number; stamp: string; file: string }>();
    const fileOf = (root: string, model: string): { file: string; stamp: string } => {
      const known = stamps.get(model);
      const nowMs = Date.now();
      if (known && nowMs - known.lookedAtMs < LOOK_EVERY_MS) return known;
      if (!/^[\w-][\w.-]*$/.test(model)) throw new Error(`"${model}" is not a name of a model: letters, digits, - and . only`);
      const file = join(root, 'etc/functions/onnx', `${model}.onnx`);
      const facts = statSync(file, { throwIfNoEntry: false });
      if (!facts) throw new Error(`there is no model etc/functions/onnx/${model}.onnx`);
      const found = { lookedAtMs: nowMs, stamp: `${facts.mtimeMs}:${facts.size}`, file };
      stamps.set(model, found);
      return found;
    };
    return {
      exec([model, ...values], ctx) {
        if (typeof model !== 'string') throw new Error('the first argument is the name of a model');
        const inputs = inputsOf(values);
        if (inputs === undefined) return null;
        const root = ctx.getRootPath();
        const { file, stamp } = fileOf(root, model);
        if (thread?.ended !== undefined) thread = undefined;
        thread ??= startThread(join(root, 'etc/functions/onnx/ort.wasm'));
        return ask(thread, { model, file, stamp, inputs });
      },
    };
  },
});

/** @returns undefined when a value is missing: no answer without all of them */
function inputsOf(values: readonly Argument[]): Inputs | undefined {
  const [first] = values;
  if (values.length === 1 && first !== null && typeof first === 'object' && !(first instanceof Date) && !(first instanceof Uint8Array)) {
    if (Array.isArray(first)) return flat(first);
    const out: Record<string, (number | bigint | string)[]> = {};
    for (const [name, value] of Object.entries(first)) {
      const list = flat(Array.isArray(value) ? value : [value]);
      if (!list) return undefined;
      out[name] = list;
    }
    return out;
  }
  return flat(values);
}

function flat(values: readonly Argument[]): (number | bigint | string)[] | undefined {
  const out: (number | bigint | string)[] = [];
  for (const v of values) {
    if (v === null || v === undefined) return undefined;
    if (typeof v === 'number' || typeof v === 'bigint' || typeof v === 'string') out.push(v);
    else if (typeof v === 'boolean') out.push(v ? 1 : 0);
    else if (Array.isArray(v)) {
      const inner = flat(v);
      if (!inner) return undefined;
      for (const x of inner) out.push(x);
    } else throw new Error(`a model takes numbers, texts and lists of them, not ${v instanceof Date ? 'a moment' : typeof v}`);
  }
  return out;
}
