// Worlds of scripts that are in use, bounded: the one that was not called for longest goes first and is made anew at its next call, without what it
// had kept. Rules that end need not tell: their worlds are not called any more. Used by script-files.ts and the script node of graphs.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Value } from '../../data/value.ts';
import type { ScriptEngine } from './engine.ts';
import { createInstance, type ScriptInstance } from './instance.ts';

/** Some 150 KB each. */
const MAX_WORLDS = 200;

export interface ScriptPlace {
  call(args: readonly Value[]): Value;
}

export interface ScriptPool {
  /** A place of a call; its world is made with its first call. @param name for people */
  place(script: () => { text: string; edition: number } | undefined, entry: string, name: string, rule: string): ScriptPlace;
  readonly worlds: number;
}

export function createScriptPool(engine: () => ScriptEngine | undefined, log: Log): ScriptPool {
  /** In order of their last calls. */
  const open = new Map<object, ScriptInstance>();
  return {
    get worlds() {
      return open.size;
    },
    place(script, entry, name, rule) {
      const key = {};
      let edition = -1;
      const renewed = (why: string) =>
        log.warn(
          { code: 'SCRIPT_RENEWED', script: name, rule, why },
          'A script was started afresh: what it had kept in variables is gone.',
        );
      const opened = (): ScriptInstance => {
        const e = engine();
        const now = script();
        if (!now) throw rowError(`function ${name} is not there any more`);
        if (!e?.module) throw rowError('the script engine is starting');
        let instance = open.get(key);
        if (instance && (instance.generation !== e.generation || edition !== now.edition)) {
          open.delete(key);
          instance.dispose();
          instance = undefined;
        }
        if (!instance) {
          for (const [oldest, other] of open) {
            if (open.size < MAX_WORLDS) break;
            open.delete(oldest);
            other.dispose();
          }
          instance = createInstance(e, now.text, entry, renewed);
          edition = now.edition;
        } else open.delete(key);
        open.set(key, instance);
        return instance;
      };
      return { call: (args) => opened().call(args) };
    },
  };
}
