// From a rule's result to what a sink is given: shape (template, fields), batch, encode, compress, encrypt, and the dynamic properties.
// Called by sink/sink-node.ts for each result; synchronous, so that it costs nothing but its work. Next file: the sink connector.
import { Budget, within } from '../../base/budget.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { createCompressor } from '../../codecs/compression.ts';
import { createEncryptor, type EncryptionProps } from '../../codecs/encryption.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import type { CodecDefinition, CodecOptions, Encoder, LastText } from '../../contract/codec.ts';
import { type Props, parseOptions } from '../../contract/props.ts';
import type { SinkData, SinkDefinition } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import { type CompiledTemplate, createTemplateEngine, type TemplateEngine } from '../../templates/index.ts';
import { holdsTemplate, printerOf, printJson, specNamed } from '../../templates/rendered/index.ts';
import { type TransformProps, transformOptions } from './options.ts';
import { createShape, type Shape } from './shape.ts';
import { stamping } from './stamp.ts';

export type DynamicProps = Readonly<Record<string, unknown>>;

/** Takes finished items. Whoever keeps data beyond the call retains the handles; `item` does so itself when it must.
 *  @param rows number of rows in the item, for counting */
export interface TransformOutput {
  item(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[]): void;
  /** One row of a result that goes out row by row cannot be sent: refused alone. Missing: the whole result fails. */
  failed?(result: Result, error: unknown): void;
}

export interface TransformDeps {
  clock: Clock;
  log: Log;
  ruleId: string;
  /** `mqtt_0` */
  sinkName: string;
  timeZone: string;
  /** What a template and an encoder may cost for one result; the defaults when absent. */
  budget?: Budget;
  codecs(format: string): CodecDefinition | undefined | Promise<CodecDefinition | undefined>;
  property(name: string): string | undefined;
  schemas?: CodecOptions['schemas'];
  /** Of all sinks. */
  lastText?: LastText;
  /** basic.aesKey, decoded. */
  aesKey?: Uint8Array;
  /** NaN and infinities are sent as null (standard SQL) instead of failing the result. */
  nonFinite?: 'null' | 'error';
  output: TransformOutput;
  /** A transform that keeps rows (batch) calls it when it took one: the rule then holds the message until the next checkpoint, which
   *  contains what `save` gives. So a batch never stalls a source, and a kill loses nothing of it. Such a transform does not retain acks. */
  touch(): void;
  /** Confirmations that a batch holds back while it is not delivered: rows in it are in no checkpoint that is taken after it was sent. */
  batchAcks?(): readonly Ack[];
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

/** Names of common sink properties that never are dynamic. */
const notDynamic = new Set(['datatemplate']);
const noAcks: readonly Ack[] = [];

/** @param raw the action's properties  @throws GatewayError naming the property: the rule is refused */
export async function createTransform(
  raw: Props,
  sink: Pick<SinkDefinition, 'name' | 'payload' | 'options' | 'fills'>,
  deps: TransformDeps,
): Promise<Transform> {
  const props = parseOptions<TransformProps>(`${sink.name} sink`, transformOptions, raw);
  const transform = await shapedTransform(props, raw, sink, deps);
  if (props.timeField === '') return transform;
  return { ...transform, push: stamping((result) => transform.push(result), props.timeField, deps.clock) };
}

async function shapedTransform(
  props: TransformProps,
  raw: Props,
  sink: Pick<SinkDefinition, 'name' | 'payload' | 'options' | 'fills'>,
  deps: TransformDeps,
): Promise<Transform> {
  const fail = (problem: string): never => {
    throw new GatewayError('CONNECTOR_OPTION', { component: `${sink.name} sink`, problems: problem });
  };
  const out = deps.output;
  const budget = deps.budget ?? new Budget(`rule ${deps.ruleId}, sink ${deps.sinkName}`);
  const isBytes = sink.payload === 'bytes';
  const format = props.format.toLowerCase();
  // made on first use: most sinks have no template
  let made: TemplateEngine | undefined;
  const engine = (): TemplateEngine =>
    (made ??= createTemplateEngine({
      now: () => deps.clock.now(),
      timeZone: deps.timeZone,
      property: deps.property,
      toJson: (v) => encodeJson(v, deps.nonFinite),
    }));
  const definition = await deps.codecs(format);
  if (!definition) throw new GatewayError('RUNTIME_UNKNOWN_FORMAT', { format: props.format });

  let shape: Shape;
  let compress: ((d: Uint8Array) => Uint8Array) | undefined;
  let encrypt: ((d: Uint8Array) => Uint8Array) | undefined;
  let encoder: Encoder;
  try {
    const template: CompiledTemplate | undefined = props.dataTemplate
      ? engine().compile(props.dataTemplate, isBytes ? undefined : printJson)
      : undefined;
    // a sink may do these itself (file: one stream per file; databases: columns that are no fields may be keys, tags or row kinds)
    const own = new Set(sink.options.map((o) => o.name));
    const ofSink = (name: 'fields' | 'excludeFields') => !isBytes && own.has(name);
    shape = createShape(
      {
        ...props,
        fields: ofSink('fields') ? [] : props.fields,
        excludeFields: ofSink('excludeFields') ? [] : props.excludeFields,
      },
      template,
    );
    if (isBytes && props.compression && !own.has('compression')) compress = createCompressor(props.compression);
    if (isBytes && props.encryption) {
      const whole = own.has('encryption');
      const made = createEncryptor(props.encryption, deps.aesKey, whole ? { mode: 'cfb' } : ((props.encProps ?? {}) as EncryptionProps));
      if (!whole) encrypt = made;
    }
    encoder = definition.createEncoder({
      schemaId: props.schemaId,
      delimiter: props.delimiter,
      hasHeader: props.hasHeader,
      fields: props.fields,
      nonFinite: deps.nonFinite ?? 'error',
      ...(deps.schemas ? { schemas: deps.schemas } : {}),
      ...(deps.lastText ? { last: deps.lastText } : {}),
    });
  } catch (error) {
    return fail(messageOf(error));
  }
  const dynamicOf = compileDynamicProps(raw, sink, engine, fail);

  const pack = (data: string | Uint8Array): string | Uint8Array => {
    if (!compress && !encrypt) return data;
    let bytes: Uint8Array = typeof data === 'string' ? Buffer.from(data) : data;
    if (compress) bytes = compress(bytes);
    if (encrypt) bytes = encrypt(bytes);
    return bytes;
  };
  const finish = (shaped: string | Row | Row[]): SinkData => {
    if (isBytes) return pack(typeof shaped === 'string' ? shaped : encoder.encode(shaped));
    return typeof shaped === 'string' ? readBack(shaped) : shaped;
  };
  const send = (unit: Row | Row[], acks: readonly Ack[]): void => {
    const shaped = shape(unit);
    if (shaped === undefined) return;
    out.item(finish(shaped), dynamicOf?.(unit), Array.isArray(unit) ? unit.length : 1, acks);
  };
  const sendError = (text: string): void =>
    out.item(isBytes ? text : { error: text }, dynamicOf ? dynamicOfError(dynamicOf, text) : undefined, 1, noAcks);

  if (props.batchSize <= 0 && props.lingerMs <= 0) {
    return {
      push(result) {
        if (result.error !== undefined) return sendError(result.error);
        const { rows, acks } = result;
        if (props.omitIfEmpty && rows.every(isEmptyRow)) return;
        within(budget, rows.length, () => {
          if (!props.sendSingle) return send(rows, acks);
          for (const row of rows) {
            if (props.omitIfEmpty && isEmptyRow(row)) continue;
            try {
              send(row, acks);
            } catch (error) {
              // the neighbours of a row that a message spoiled go out
              if (rows.length === 1 || !out.failed) throw error;
              budget.forgive();
              out.failed({ ...result, rows: [row] }, error);
            }
          }
        });
      },
    };
  }

  // Batches: rows are shaped as they come and joined when the batch is full. Kept rows are state of the rule (see TransformDeps.touch).
  let parts: (string | Row)[] = [];
  let first: Row | undefined;
  let timer: TimerHandle | undefined;
  const join = (list: readonly (string | Row)[]): SinkData => {
    if (!isBytes) return list as Row[];
    if (list.every((p) => typeof p === 'object')) return pack(encoder.encode(list as Row[]));
    const texts = list.map((p) => (typeof p === 'string' ? p : asText(encoder.encode(p))));
    return pack(format === 'json' ? `[${texts.join(',')}]` : texts.join(format === 'delimited' ? '\n' : ''));
  };
  const flush = (): void => {
    deps.clock.clear(timer);
    timer = undefined;
    if (parts.length === 0) return;
    const list = parts;
    const sample = first!;
    // taken out first: a batch that cannot be encoded is lost as one result and does not block the next
    parts = [];
    first = undefined;
    within(budget, list.length, () =>
      out.item(join(list), dynamicOf?.(props.sendSingle ? sample : [sample]), list.length, deps.batchAcks?.() ?? noAcks),
    );
  };
  const linger = (): void => {
    if (props.lingerMs <= 0 || timer !== undefined) return;
    timer = deps.clock.setTimer(props.lingerMs, () => {
      timer = undefined;
      try {
        flush();
      } catch (error) {
        deps.exception(error);
      }
    });
  };
  const add = (row: Row): void => {
    const shaped = shape(row);
    if (shaped === undefined) return;
    first ??= row;
    if (Array.isArray(shaped)) parts.push(...shaped);
    else parts.push(typeof shaped === 'string' && !isBytes ? (readBack(shaped) as Row) : shaped);
    deps.touch();
    if (props.batchSize > 0 && parts.length >= props.batchSize) flush();
    else linger();
  };
  return {
    push(result) {
      if (result.error !== undefined) return sendError(result.error);
      within(budget, result.rows.length, () => {
        for (const row of result.rows) if (!(props.omitIfEmpty && isEmptyRow(row))) add(row);
      });
    },
    flush,
    save: () => (parts.length ? { parts, first } : undefined),
    load(state) {
      const saved = state as { parts?: (string | Row)[]; first?: Row } | undefined;
      if (!Array.isArray(saved?.parts) || saved.first === undefined) return;
      parts = saved.parts;
      first = saved.first;
      linger();
    },
    close() {
      deps.clock.clear(timer);
      timer = undefined;
    },
  };
}

/** Rows sinks take objects: a template's text is read again. */
function readBack(text: string): Row | Row[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Row | Row[];
  } catch (error) {
    throw rowError(`fail to decode data ${text.slice(0, 200)} after applying dataTemplate for error ${messageOf(error)}`);
  }
  throw rowError(`fail to decode data ${text.slice(0, 200)} after applying dataTemplate for error: not an object`);
}

function isEmptyRow(row: Row): boolean {
  for (const k in row) if (row[k] !== undefined) return false;
  return true;
}

const asText = (d: string | Uint8Array): string => (typeof d === 'string' ? d : Buffer.from(d).toString());

/** All properties with a template, compiled: data → values by wire name. Of a property that a connector declares as constant nothing is rendered;
 *  what it does not know (plugins) is handed over as it comes out. */
function compileDynamicProps(
  raw: Props,
  sink: Pick<SinkDefinition, 'options' | 'fills'>,
  engine: () => TemplateEngine,
  fail: (problem: string) => never,
): ((data: Row | Row[]) => Record<string, unknown>) | undefined {
  const parts: [string, (data: Value) => unknown][] = [];
  const filled = sink.fills?.(raw) ?? [];
  for (const [name, value] of Object.entries(raw)) {
    if (notDynamic.has(name.toLowerCase()) || !holdsTemplate(value)) continue;
    const spec = specNamed(sink.options, name);
    if (spec && (!spec.dynamic || filled.includes(spec.name))) continue;
    try {
      const render = engine().compileDynamic(value, printerOf(spec?.dynamic));
      if (render) parts.push([spec?.name ?? name, render]);
    } catch (error) {
      fail(`property ${name}: ${messageOf(error)}`);
    }
  }
  if (parts.length === 0) return undefined;
  return (data) => Object.fromEntries(parts.map(([name, render]) => [name, render(data as Value)]));
}

/** An error has no columns: a property that cannot be rendered for it must not hide the error itself. */
function dynamicOfError(dynamicOf: (data: Row | Row[]) => Record<string, unknown>, text: string): Record<string, unknown> | undefined {
  try {
    return dynamicOf({ error: text });
  } catch {
    return undefined; // the sink falls back to the literal property, which it then refuses or takes
  }
}
