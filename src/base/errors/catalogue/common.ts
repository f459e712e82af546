// Error codes that every area uses.
import type { CatalogueEntry } from './index.ts';

export const commonErrors = {
  EVAL_FAILED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: 'The expression cannot be computed for this row. The text says which operation and value; guard it with CASE or WHERE, or cast the value.',
  },
  DECODE_FAILED: {
    text: '{text}',
    ekuiperCode: 1004,
    cure: 'The payload is not what the FORMAT and the declared fields of the stream say. Compare it with DESCRIBE STREAM.',
  },
  BUDGET_EXCEEDED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: 'One message may cost so much work and memory and no more, so that it cannot stop the other rules. The text names the rule, the function and the size. Make the input smaller, select less of it before the call, or raise basic.rowBudget.maxSteps, maxBytes or maxTime when such messages are meant.',
  },
  IO_FAILED: {
    text: '{text}',
    ekuiperCode: 1003,
    retriable: true,
    cure: 'The peer is away or refused. It is tried again with backoff; look at the health of the rule.',
  },
  INTERNAL: {
    text: 'internal error: {text}',
    ekuiperCode: 1000,
    httpStatus: 500,
    cure: 'A fault of the gateway itself. Please report it with the log around it.',
  },
} as const satisfies Record<string, CatalogueEntry>;
