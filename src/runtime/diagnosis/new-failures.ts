// One line in the log for each new kind of failure of a rule: at warn, with code, reason and a sample. Later failures of the kind are counted by
// health; debug rules log each one besides. Called by run-host.ts for each failure: a text that was the last one costs a comparison.
import type { Log } from '../../base/log.ts';
import type { Row } from '../../data/value.ts';
import { sampleOf } from './sample.ts';

/** Kinds of one rule that are told; what a payload writes into error texts must not fill the log. */
const MAX_KINDS = 50;

export class NewFailures {
  private readonly ruleId: string;
  private readonly log: Log;
  private readonly kinds = new Set<string>();
  private lastText = '';
  private lastOp = '';

  constructor(ruleId: string, log: Log) {
    this.ruleId = ruleId;
    this.log = log;
  }

  rowFailed(op: string, error: unknown, text: string): void {
    const kind = this.newKind(op, text);
    if (kind === undefined) return;
    this.log.warn(
      { code: codeOf(error, 'EVAL_FAILED'), rule: this.ruleId, op, kind, cause: text },
      'Rows of a rule fail; they are not sent on (kuiper diag shows where).',
    );
  }

  messageFailed(stream: string, error: unknown, text: string, data: Uint8Array | string | Row | undefined): void {
    const kind = this.newKind(stream, text);
    if (kind === undefined) return;
    this.log.warn(
      { code: codeOf(error, 'DECODE_FAILED'), rule: this.ruleId, op: stream, kind, cause: text, sample: sampleOf(data) },
      'Messages of a source fail; they are discarded (kuiper diag shows where).',
    );
  }

  /** @returns undefined when such a failure was told before */
  private newKind(op: string, text: string): string | undefined {
    if (text === this.lastText && op === this.lastOp) return undefined;
    this.lastText = text;
    this.lastOp = op;
    if (this.kinds.size >= MAX_KINDS) return undefined;
    const kind = kindOf(text);
    const key = `${op} ${kind}`;
    if (this.kinds.has(key)) return undefined;
    this.kinds.add(key);
    return kind;
  }
}

/** The text without what differs from row to row: numbers and quoted values. */
const kindOf = (text: string): string =>
  text
    .slice(0, 200)
    .replaceAll(/"[^"]*"?|'[^']*'?/g, '"…"')
    .replaceAll(/\d+/g, '#');

const codeOf = (error: unknown, otherwise: string): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : otherwise;
};
