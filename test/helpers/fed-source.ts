// A source that a test or a bench feeds by hand: connected as soon as it is opened, without options.
import type { Emit, SourceDefinition } from '../../src/contract/index.ts';

export interface FedSource {
  readonly source: SourceDefinition;
  /** Of the source that was opened last; undefined before. */
  readonly emit: Emit | undefined;
}

export function fedSource(name: string, payload: 'bytes' | 'rows', shareable: boolean): FedSource {
  let emit: Emit | undefined;
  return {
    source: {
      kind: 'source',
      name,
      payload,
      shareable,
      options: [],
      doc: '',
      create: () => ({
        open(ctx, e) {
          emit = e;
          ctx.status('connected');
        },
        close: () => undefined,
      }),
    },
    get emit() {
      return emit;
    },
  };
}
