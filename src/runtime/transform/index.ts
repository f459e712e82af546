// From a rule's result to what a sink takes: one item per result or per row, encoded for byte sinks. Minimal form: sendSingle,
// omitIfEmpty, format. Called by sink/sink-node.ts through the interface below.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { CodecDefinition, CodecOptions } from '../../contract/codec.ts';
import type { Props } from '../../contract/props.ts';
import type { SinkData, SinkDefinition } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result } from '../../data/tuple.ts';
import type { Row } from '../../data/value.ts';

export type DynamicProps = Readonly<Record<string, unknown>>;

/** Takes finished items. Whoever keeps data beyond the call retains the handles; `item` does so itself when it must.
 *  @param rows number of rows in the item, for counting */
export interface TransformOutput {
  item(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[]): void;
}

export interface TransformDeps {
  clock: Clock;
  log: Log;
  ruleId: string;
  /** `mqtt_0` */
  sinkName: string;
  timeZone: string;
  codecs(format: string): CodecDefinition | undefined | Promise<CodecDefinition | undefined>;
  property(name: string): string | undefined;
  schemas?: CodecOptions['schemas'];
  output: TransformOutput;
  /** A transform that keeps rows (batch) calls it when it took one: the rule then holds the message until the next checkpoint, which
   *  contains what `save` gives. So a batch never stalls a source, and a kill loses nothing of it. Such a transform does not retain acks. */
  touch(): void;
  /** A failure outside `push` (a linger timer): counted and shown. */
  exception(error: unknown): void;
}

export interface Transform {
  /** Gives items to the output, at once or later. @throws an error that loses this result: counted, shown, confirmed */
  push(result: Result): void;
  /** Plain data (structured clone) of rows that are kept. */
  save?(): unknown;
  load?(state: unknown): void;
  /** The rule ends: what is kept goes to the output now. */
  flush?(): void;
  close?(): void;
}

/** @param props the action's properties  @throws errors that refuse the rule */
export async function createTransform(props: Props, sink: SinkDefinition, deps: TransformDeps): Promise<Transform> {
  const single = props['sendSingle'] === true || props['sendSingle'] === 'true';
  const omitIfEmpty = props['omitIfEmpty'] === true || props['omitIfEmpty'] === 'true';
  const format = typeof props['format'] === 'string' && props['format'] !== '' ? props['format'].toLowerCase() : 'json';
  const codec = await deps.codecs(format);
  if (!codec) throw new GatewayError('RUNTIME_UNKNOWN_FORMAT', { format });
  const encoder = sink.payload === 'bytes' ? codec.createEncoder(encoderOptions(props, deps)) : undefined;
  const out = deps.output;
  return {
    push(result) {
      const rows = result.rows;
      if (single) {
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i]!;
          if (omitIfEmpty && isEmpty(row)) continue;
          out.item(encoder ? encoder.encode(row) : row, undefined, 1, result.acks);
        }
        return;
      }
      if (omitIfEmpty && rows.every(isEmpty)) return;
      out.item(encoder ? encoder.encode(rows) : rows, undefined, rows.length, result.acks);
    },
  };
}

function isEmpty(row: Row): boolean {
  for (const _ in row) return false;
  return true;
}

function encoderOptions(props: Props, deps: TransformDeps): CodecOptions {
  const text = (name: string) => (typeof props[name] === 'string' && props[name] !== '' ? props[name] : undefined);
  const schemaId = text('schemaId');
  const delimiter = text('delimiter');
  return {
    ...(schemaId ? { schemaId } : {}),
    ...(delimiter ? { delimiter } : {}),
    ...(typeof props['hasHeader'] === 'boolean' ? { hasHeader: props['hasHeader'] } : {}),
    ...(Array.isArray(props['fields']) ? { fields: props['fields'] as string[] } : {}),
    ...(deps.schemas ? { schemas: deps.schemas } : {}),
  };
}
