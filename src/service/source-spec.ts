// From a stream or table of the catalog to what the runtime opens: properties of files and conf key, connection, EXTRA and the
// options of WITH, in this order (docs/spec/rules.md §6.4).
import type { Log } from '../base/log.ts';
import type { Props } from '../contract/props.ts';
import type { StreamSchema } from '../contract/schema.ts';
import { inOurSpelling } from '../contract/untaken.ts';
import { commonSourceOptions, type SourceSpec } from '../runtime/index.ts';
import { didYouMean } from '../sql/suggest.ts';
import type { ConfKeyStore } from './conf-keys.ts';
import type { ConnectionStore } from './connections.ts';
import { parseKeepingIntegers } from './json-text.ts';
import { optionOf, type SourceDefinition } from './streams/definition.ts';

export interface SourceSpecDeps {
  confKeys: ConfKeyStore;
  connections: Pick<ConnectionStore, 'props'>;
  log: Log;
  /** Puts secrets in the place of `${secret:name}`. @throws GatewayError SECRET_UNKNOWN */
  resolve<T>(value: T): T;
}

/** Over a named connection eKuiper has one node for each topic, and calls it so in status. */
const READ_BY_TOPIC: ReadonlySet<string> = new Set(['mqtt', 'edgex']);

/** @throws GatewayError when the connection of connectionSelector does not exist */
export function sourceSpecOf(d: SourceDefinition, { confKeys, connections, resolve }: SourceSpecDeps): SourceSpec {
  const told: string[] = [];
  let props: Props = { ...confKeys.find('sources', d.type, 'default') };
  const confKey = optionOf(d, 'CONF_KEY');
  if (confKey !== undefined && confKey !== 'default') {
    const own = confKeys.find('sources', d.type, confKey);
    if (own) props = overlay(props, own);
    else
      told.push(
        noConfKey(`${d.kind === 'stream' ? 'Stream' : 'Table'} ${d.name} names conf key`, confKey, confKeys.list('sources', d.type)),
      );
  }
  const extraText = optionOf(d, 'EXTRA');
  const extra = extraText === undefined ? {} : (parseKeepingIntegers(extraText) as Props);
  const selector = textProp(extra, 'connectionSelector') ?? textProp(props, 'connectionSelector');
  if (selector) props = overlay(props, connections.props(selector));
  props = inOurSpelling(commonSourceOptions, resolve(overlay(props, extra)));

  const spec: SourceSpec = {
    name: d.name,
    kind: d.kind === 'stream' ? 'stream' : d.lookup ? 'lookup-table' : 'scan-table',
    type: d.type,
    datasource: resolve(optionOf(d, 'DATASOURCE') ?? textProp(props, 'datasource') ?? ''),
    props,
    format: d.statement.options.FORMAT?.value ? d.format : (textProp(props, 'format') ?? 'json').toLowerCase(),
  };
  if (told.length > 0) spec.told = told;
  if (selector && READ_BY_TOPIC.has(d.type)) spec.nodeName = `${selector}/${spec.datasource}`;
  const schemaId = optionOf(d, 'SCHEMAID') ?? textProp(props, 'schemaId');
  if (schemaId) spec.schemaId = schemaId;
  const delimiter = optionOf(d, 'DELIMITER') ?? textProp(props, 'delimiter');
  if (delimiter) spec.delimiter = delimiter;
  if (d.statement.fields.length) spec.schema = d.statement.fields as StreamSchema;
  if (optionOf(d, 'STRICT_VALIDATION')) spec.strictValidation = true;
  const timestamp = optionOf(d, 'TIMESTAMP') ?? textProp(props, 'timestamp');
  if (timestamp) spec.timestamp = timestamp;
  const timestampFormat = optionOf(d, 'TIMESTAMP_FORMAT') ?? textProp(props, 'timestampFormat');
  if (timestampFormat) spec.timestampFormat = timestampFormat;
  if (optionOf(d, 'SHARED')) spec.shared = true;
  const retainSize = optionOf(d, 'RETAIN_SIZE');
  if (retainSize) spec.retainSize = retainSize;
  const key = optionOf(d, 'KEY') ?? textProp(props, 'key');
  if (key) spec.key = key;
  return spec;
}

/** @param place words before the key */
export function noConfKey(place: string, key: string, all: Readonly<Record<string, Props>>): string {
  const names = Object.keys(all);
  const near = didYouMean(key, names) ?? (names.length > 0 ? `there are ${names.join(', ')}` : 'there is none');
  return `${place} "${key}", which does not exist; defaults are in effect; ${near}`;
}

/** `over` wins, whatever the case of names; used for all layers of properties. */
export function overlay(base: Props, over: Props): Props {
  const low = new Set(Object.keys(over).map((k) => k.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(base).filter(([k]) => !low.has(k.toLowerCase()))), ...over };
}

function textProp(props: Props, name: string): string | undefined {
  const low = name.toLowerCase();
  const key = Object.keys(props).find((k) => k.toLowerCase() === low);
  const value = key === undefined ? undefined : props[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
