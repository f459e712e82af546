// The thread in which models run: one session per model, made again when its file changes. Answers every question, with a value or with what went wrong.
// Started by onnx.ts.
import { readFileSync } from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { ANSWERED, type Answer, type Inputs, type Question, type ThreadData, type Value } from './protocol.ts';

/** Models that stay loaded. */
const MAX_SESSIONS = 8;

export function serve({ onnxPort, flag, runtimeFile }: ThreadData): void {
  const sessions = new Map<string, { stamp: string; session: InferenceSession }>();
  env.wasm.numThreads = 1;

  const sessionOf = async ({ model, file, stamp }: Question): Promise<InferenceSession> => {
    const known = sessions.get(file);
    if (known?.stamp === stamp) return known.session;
    env.wasm.wasmBinary ??= readFileSync(runtimeFile);
    const session = await InferenceSession.create(readFileSync(file)).catch((error: unknown) => {
      throw new Error(`etc/functions/onnx/${model}.onnx is not a model that can run here: ${(error as Error).message}`);
    });
    await known?.session.release();
    sessions.set(file, { stamp, session });
    const [oldest] = sessions.keys();
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) {
      await sessions.get(oldest)!.session.release();
      sessions.delete(oldest);
    }
    return session;
  };

  const answer = async (question: Question): Promise<Answer> => {
    const session = await sessionOf(question);
    const results = await session.run(feedsOf(session, question.inputs, question.model));
    const out: Record<string, Value | Value[]> = {};
    for (const name of session.outputNames) out[name] = valueOfTensor(results[name]!);
    return session.outputNames.length === 1 ? out[session.outputNames[0]!]! : out;
  };

  onnxPort.on('message', (question: Question) => {
    void answer(question)
      .then(
        (value) => onnxPort.postMessage({ value }),
        (error: unknown) => onnxPort.postMessage({ error: (error as Error).message }),
      )
      .finally(() => {
        Atomics.store(flag, 0, ANSWERED);
        Atomics.notify(flag, 0);
      });
  });
}

function feedsOf(session: InferenceSession, inputs: Inputs, model: string): Record<string, Tensor> {
  const names = session.inputNames;
  const byName: Readonly<Record<string, readonly unknown[]>> = Array.isArray(inputs)
    ? { [names[0]!]: inputs }
    : (inputs as Record<string, readonly unknown[]>);
  if (Array.isArray(inputs) && names.length > 1)
    throw new Error(`model ${model} has the inputs ${names.join(', ')}: give an object, as object_construct("${names[0]}", …)`);
  const unknown = Object.keys(byName).find((n) => !names.includes(n));
  if (unknown !== undefined) throw new Error(`model ${model} has no input "${unknown}", but ${names.join(', ')}`);
  return Object.fromEntries(
    session.inputMetadata.map((facts) => {
      const values = byName[facts.name];
      if (!values) throw new Error(`model ${model} needs its input "${facts.name}"`);
      if (!facts.isTensor) throw new Error(`input "${facts.name}" of model ${model} is not a tensor`);
      const dims = dimsOf(facts.shape, values.length, facts.name, model);
      return [facts.name, tensorOf(facts.type, values, dims, facts.name)];
    }),
  );
}

/** Dimensions without a number are 1, but the last of them, which takes the rest. */
function dimsOf(shape: readonly (number | string)[], count: number, name: string, model: string): number[] {
  const fixed = shape.reduce<number>((n, d) => (typeof d === 'number' && d > 0 ? n * d : n), 1);
  const open = shape.map((d) => !(typeof d === 'number' && d > 0)).lastIndexOf(true);
  const dims = shape.map((d, i) => (typeof d === 'number' && d > 0 ? d : i === open ? count / fixed : 1));
  const wanted = dims.reduce((n, d) => n * d, 1);
  if (wanted !== count || !dims.every((d) => Number.isInteger(d) && d > 0))
    throw new Error(`input "${name}" of model ${model} takes ${shape.join(' × ') || 'one value'}, but ${count} values were given`);
  return dims;
}

function tensorOf(type: Tensor.Type, values: readonly unknown[], dims: readonly number[], name: string): Tensor {
  if (type === 'string') return new Tensor('string', values.map(String), dims);
  const numbers = values.map((v) => {
    const n = Number(v);
    if (typeof v === 'string' || Number.isNaN(n)) throw new Error(`input "${name}" takes numbers, not ${JSON.stringify(v)}`);
    return n;
  });
  const whole = (n: number): bigint => {
    if (!Number.isInteger(n)) throw new Error(`input "${name}" takes whole numbers, not ${n}`);
    return BigInt(n);
  };
  const within = (n: number, low: number, high: number): number => {
    if (whole(n) < low || n > high) throw new Error(`input "${name}" takes whole numbers from ${low} to ${high}, not ${n}`);
    return n;
  };
  switch (type) {
    case 'float32':
      return new Tensor('float32', Float32Array.from(numbers), dims);
    case 'float64':
      return new Tensor('float64', Float64Array.from(numbers), dims);
    case 'int64':
      return new Tensor(
        'int64',
        BigInt64Array.from(values as (number | bigint)[], (v) => (typeof v === 'bigint' ? v : whole(v))),
        dims,
      );
    case 'int32':
      return new Tensor(
        'int32',
        Int32Array.from(numbers, (n) => within(n, -(2 ** 31), 2 ** 31 - 1)),
        dims,
      );
    case 'uint8':
      return new Tensor(
        'uint8',
        Uint8Array.from(numbers, (n) => within(n, 0, 255)),
        dims,
      );
    case 'bool':
      return new Tensor(
        'bool',
        numbers.map((n) => n !== 0),
        dims,
      );
    default:
      throw new Error(`input "${name}" is of type ${type}, which is not taken here`);
  }
}

function valueOfTensor(tensor: Tensor): Value | Value[] {
  if (!('data' in tensor)) throw new Error('an output of the model is not a tensor');
  const list = Array.from(tensor.data as Iterable<Value>, (v) => (tensor.type === 'bool' ? v !== 0 : v));
  return list.length === 1 && tensor.dims.every((d) => d === 1) ? list[0]! : list;
}
