// Spans of a sink of a rule that is traced: transform, encode, and what the connector is given; what it gives carries the trace context on. Called by
// sink-node.ts for traced rules only.
import type { Result } from '../../data/tuple.ts';
import type { Transform, TransformOutput } from '../transform/index.ts';
import type { RuleTrace } from './rule-trace.ts';

/** The name under which connectors find the W3C trace context of an item. */
export const TRACEPARENT = 'traceparent';

export function tracedPush(transform: Transform, sink: string, trace: RuleTrace, result: Result): void {
  const rows = () => result.rows;
  const span = trace.begin(`${sink}_0_transform`, rows);
  const encode = trace.begin(`${sink}_1_encode`, rows);
  try {
    transform.push(result);
  } finally {
    trace.finish(encode);
    trace.finish(span);
  }
}

/** @param encodes its items are bytes */
export function tracedOutput(line: TransformOutput, sink: string, encodes: boolean, trace: RuleTrace): TransformOutput {
  return {
    item(data, dynamic, rows, acks) {
      const span = trace.begin(sink, () => data);
      const context = trace.traceparent;
      try {
        line.item(data, encodes && context ? { ...dynamic, [TRACEPARENT]: context } : dynamic, rows, acks);
      } finally {
        trace.finish(span);
      }
    },
    ...(line.failed && { failed: (result, error) => line.failed!(result, error) }),
  };
}
