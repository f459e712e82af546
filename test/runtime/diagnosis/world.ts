// A rule made of SQL on the runtime's harness (virtual time, a source and a sink that the test plays with), to stage why data does not flow.
import { compileRule } from '../../../src/compile/index.ts';
import type { OptionSpec } from '../../../src/contract/props.ts';
import type { SourceFound, SourceReads } from '../../../src/contract/source.ts';
import { createFunctionCatalogue } from '../../../src/functions/index.ts';
import { planRule, type SourceInfo } from '../../../src/plan/index.ts';
import type { Diag } from '../../../src/runtime/diagnosis/cause.ts';
import type { RuleHandle, RuleHealth, RuleOptions, RuntimeSettings, SourceSpec } from '../../../src/runtime/index.ts';
import { parseSelect } from '../../../src/sql/index.ts';
import { harness } from '../harness.ts';

const functions = createFunctionCatalogue();

export interface WorldOptions {
  sql: string;
  options?: Partial<RuleOptions>;
  actions?: Record<string, unknown>[];
  /** More of each stream: timestamp, schema … */
  spec?: Partial<SourceSpec>;
  info?: Partial<SourceInfo>;
  settings?: Partial<RuntimeSettings>;
  reads?: () => SourceReads;
  search?: () => Promise<SourceFound>;
  sourceOptions?: OptionSpec[];
}

export interface World {
  h: ReturnType<typeof harness>;
  rule: RuleHandle;
  /** One message of a stream. */
  give(message: unknown, stream?: string): void;
  wait(ms: number): Promise<void>;
  health(): RuleHealth;
  diag(): Promise<Diag>;
  end(): Promise<void>;
}

export async function world(o: WorldOptions): Promise<World> {
  const h = harness({
    ...(o.settings && { settings: o.settings }),
    ...(o.reads && { reads: o.reads }),
    ...(o.search && { search: o.search }),
    ...(o.sourceOptions && { sourceOptions: o.sourceOptions }),
  });
  const options = o.options ?? {};
  const info = (name: string): SourceInfo => ({ name, kind: 'stream', schema: undefined, ...o.info });
  const program = compileRule(
    planRule(
      parseSelect(o.sql),
      { source: info, names: () => [], functions },
      { sql: o.sql, isEventTime: options.isEventTime ?? false, lateToleranceMs: options.lateToleranceMs ?? 1000 },
    ),
  );
  const rule = h.runtime.createRule({
    ...h.define('r', program, { options, actions: o.actions ?? [{}] }),
    sources: (name) => ({ ...h.spec(name), ...o.spec }),
  });
  void rule.start();
  await h.settle(() => rule.state === 'running');
  return {
    h,
    rule,
    give(message, stream = 's') {
      const source = h.sources.find((s) => s.datasource === stream);
      if (!source) throw new Error(`no source ${stream}`);
      const data =
        typeof message === 'string' ? Buffer.from(message) : message instanceof Uint8Array ? message : Buffer.from(JSON.stringify(message));
      void source.emit(data);
    },
    wait: (ms) => h.clock.advance(ms),
    health: () => rule.health(),
    diag: () => rule.diag({ search: true }),
    end: () => h.end(),
  };
}

export const repeat = async (n: number, everyMs: number, w: World, make: (i: number) => unknown, stream = 's'): Promise<void> => {
  for (let i = 0; i < n; i++) {
    w.give(make(i), stream);
    if (everyMs > 0) await w.wait(everyMs);
  }
};
