// One function of a script with a world of its own: variables of the script stay from call to call, as in eKuiper. What a call may take is limited:
// steps and time by the interrupt of QuickJS, depth by its stack, memory by the block of the engine and by what is left after a call. A world that
// holds too much is made anew. Made by pool.ts.
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Value } from '../../data/value.ts';
import type { ScriptEngine } from './engine.ts';
import { BRIDGE, type Bridge, callWith, fromScript, toScript } from './values.ts';
import { wasm } from './wasm.ts';

/** QuickJS asks after some 10,000 steps; so many questions are 10 million steps, about 70 ms on a desktop. */
const MAX_QUESTIONS = 1000;
/** A second way out for steps that are long; generous, since a busy machine must not fail good scripts. */
const MAX_TIME_MS = 2000;
const MAX_STACK_BYTES = 256 * 1024;
/** What a script may keep from call to call. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY = 1000;

export interface ScriptInstance {
  readonly generation: number;
  /** @throws rowError when the script throws, takes too much, or gives what is no value */
  call(args: readonly Value[]): Value;
  dispose(): void;
}

/** @param recycled told when the world was made anew, and why
 *  @throws GatewayError SCRIPT_INVALID when the text is no script or defines no such function */
export function createInstance(engine: ScriptEngine, script: string, entry: string, recycled: (why: string) => void): ScriptInstance {
  const { generation } = engine;
  let world = openWorld(engine, script, entry);
  let calls = 0;
  const renew = (why: string) => {
    world.close();
    world = openWorld(engine, script, entry);
    recycled(why);
  };
  return {
    generation,
    call(args) {
      let result: Value;
      try {
        result = world.call(args);
      } catch (error) {
        if (error instanceof OutOfMemory) renew('it needed more memory than there is');
        throw error;
      }
      if (++calls % LOOK_EVERY === 0 && world.keptBytes() > MAX_KEPT_BYTES)
        renew(`it kept more than ${MAX_KEPT_BYTES / 1024 / 1024} MB from call to call`);
      return result;
    },
    dispose: () => world.close(),
  };
}

interface World {
  call(args: readonly Value[]): Value;
  keptBytes(): number;
  close(): void;
}

class OutOfMemory extends GatewayError {}

function openWorld(engine: ScriptEngine, script: string, entry: string): World {
  const { module } = engine;
  if (!module) throw rowError('the script engine is starting again');
  /** A fault of WebAssembly is one of the engine, not of the script. */
  const careful = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof wasm.RuntimeError)) throw error;
      engine.broke(error);
      throw rowError(`the script engine failed: ${messageOf(error)}`);
    }
  };
  let runtime: QuickJSRuntime | undefined;
  let ctx: QuickJSContext | undefined;
  const held: QuickJSHandle[] = [];
  const close = () => {
    // the memory of a broken engine goes as a whole
    if (engine.module !== module) return;
    try {
      for (const h of held.splice(0)) h.dispose();
      ctx?.dispose();
      runtime?.dispose();
    } catch (error) {
      engine.broke(error);
    }
    ctx = undefined;
    runtime = undefined;
  };
  let questions = 0;
  let untilMs = 0;
  const begin = () => {
    questions = 0;
    untilMs = performance.now() + MAX_TIME_MS;
  };
  try {
    return careful(() => {
      const rt = module.newRuntime();
      runtime = rt;
      rt.setMaxStackSize(MAX_STACK_BYTES);
      rt.setInterruptHandler(() => ++questions > MAX_QUESTIONS || performance.now() > untilMs);
      const c = rt.newContext();
      ctx = c;
      const hold = (h: QuickJSHandle) => {
        held.push(h);
        return h;
      };
      begin();
      const tools = hold(c.unwrapResult(c.evalCode(BRIDGE, 'bridge.js')));
      const bridge: Bridge = {
        parse: hold(c.getProp(tools, 'parse')),
        look: hold(c.getProp(tools, 'look')),
        date: hold(c.getProp(tools, 'date')),
        guard: hold(c.getProp(tools, 'guard')),
      };
      const evaluated = c.evalCode(script, 'script.js', { type: 'global' });
      if (evaluated.error) throw invalid(`failed to interprete script: ${textOf(c, evaluated.error)}`);
      evaluated.value.dispose();
      // functions, and those that are bound to a constant
      const found = c.evalCode(`typeof ${entry} === 'function' ? ${entry} : undefined`, 'entry.js');
      if (found.error) throw invalid(`cannot find function "${entry}" in script: ${textOf(c, found.error)}`);
      const own = found.value;
      if (c.typeof(own) !== 'function') {
        own.dispose();
        throw invalid(`cannot find function "${entry}" in script`);
      }
      const f = hold(callWith(c, bridge.guard, own));
      return {
        call: (args) =>
          careful(() => {
            begin();
            const handles: QuickJSHandle[] = [];
            try {
              for (const a of args) handles.push(toScript(c, bridge, a));
              const result = c.callFunction(f, c.undefined, ...handles);
              if (result.error) throw failed(c, result.error, questions > MAX_QUESTIONS);
              try {
                return fromScript(c, bridge, result.value);
              } finally {
                result.value.dispose();
              }
            } catch (error) {
              throw (error as { name?: unknown }).name === 'QuickJSUnwrapError' ? rowError(messageOf(error)) : error;
            } finally {
              for (const h of handles) h.dispose();
            }
          }),
        keptBytes: () => {
          const usage = rt.computeMemoryUsage();
          const bytes = c.getProp(usage, 'memory_used_size');
          const n = c.getNumber(bytes);
          bytes.dispose();
          usage.dispose();
          return n;
        },
        close,
      };
    });
  } catch (error) {
    close();
    throw error;
  }
}

const invalid = (text: string) => new GatewayError('SCRIPT_INVALID', { text });

function textOf(ctx: QuickJSContext, error: QuickJSHandle): string {
  const shown = ctx.dump(error) as { name?: unknown; message?: unknown } | string;
  error.dispose();
  return typeof shown === 'object' && shown !== null && 'message' in shown
    ? `${String(shown.name ?? 'Error')}: ${String(shown.message)}`
    : String(typeof shown === 'object' ? JSON.stringify(shown) : shown);
}

function failed(ctx: QuickJSContext, error: QuickJSHandle, steps: boolean): GatewayError {
  const text = textOf(ctx, error);
  if (text === 'InternalError: interrupted')
    return rowError(
      steps
        ? `the script took more than ${MAX_QUESTIONS / 100} million steps and was stopped`
        : `the script ran for more than ${MAX_TIME_MS} ms and was stopped`,
    );
  if (text === 'InternalError: out of memory')
    return new OutOfMemory('EVAL_FAILED', { text: 'the script needs more memory than there is for scripts (64 MB)' });
  return rowError(`failed to execute script: ${text}`);
}
