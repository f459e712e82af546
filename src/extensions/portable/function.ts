// A function of a portable plugin: one symbol for all rules, as in eKuiper; calls go one by one. A call that the end of the process interrupts is made
// once more; one that gets no answer ends the process. Used by portable-plugins.ts, which gives it to the planner through outside.ts.
import { rmSync } from 'node:fs';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Value } from '../../data/value.ts';
import { type Conversation, NoAnswer, PluginGone } from './conversation.ts';
import { fromJson, toJson } from './json-values.ts';
import { type PluginProcess, SOCKET_FOLDER, type SymbolOwner } from './plugin-process.ts';

const CALL_LIMIT_MS = 5_000;
/** Ends of the process that one call survives. */
const MAX_TRIES = 2;

export interface PortableFunction {
  /** @throws rowError */
  exec(args: readonly unknown[], ruleId: string, opId: string, funcId: number): Promise<Value>;
  /** What the plugin says of arguments. @throws Error with its text */
  validate(args: readonly unknown[]): Promise<void>;
  isAggregate(): Promise<boolean>;
  close(): Promise<void>;
}

export function createPortableFunction(name: string, process: PluginProcess): PortableFunction {
  const path = `${SOCKET_FOLDER}/func_${name}.ipc`;
  let opening: Promise<Conversation> | undefined;
  const owner: SymbolOwner = { lost: () => undefined, back: () => undefined };
  const open = () =>
    (opening ??= (async () => {
      const conversation = await process.converse(path);
      try {
        await process.run({ symbolName: name, pluginType: 'func', meta: { ruleId: '', opId: '', instanceId: 0 } }, owner);
      } catch (error) {
        opening = undefined;
        conversation.close();
        throw error;
      }
      return conversation;
    })());
  const ask = async (func: string, arg: unknown): Promise<{ state: boolean; result: unknown }> => {
    const content = JSON.stringify({ func, arg: arg ?? null });
    for (let n = 1; ; n++) {
      try {
        const conversation = await open();
        return JSON.parse((await conversation.ask(content, CALL_LIMIT_MS)).toString()) as { state: boolean; result: unknown };
      } catch (error) {
        if (error instanceof NoAnswer) process.kill(`function ${name} gave no answer within ${CALL_LIMIT_MS / 1000} s`);
        if (!(error instanceof PluginGone) || n === MAX_TRIES) throw error;
      }
    }
  };
  return {
    async exec(args, ruleId, opId, funcId) {
      let answer: { state: boolean; result: unknown };
      try {
        answer = await ask('Exec', [...args.map(toJson), JSON.stringify({ ruleId, opId, instanceId: 0, funcId })]);
      } catch (error) {
        throw rowError(`call func ${name} error: ${messageOf(error)}`);
      }
      if (!answer.state)
        throw rowError(`call func ${name} error: ${answer.result === null ? 'the plugin refused' : String(answer.result)}`);
      return fromJson(answer.result);
    },
    async validate(args) {
      const answer = await ask('Validate', args);
      if (!answer.state) throw new Error(String(answer.result));
    },
    async isAggregate() {
      return (await ask('IsAggregate', null)).result === true;
    },
    async close() {
      const conversation = await opening?.catch(() => undefined);
      conversation?.close();
      await process.end(owner);
      rmSync(path, { force: true });
    },
  };
}
