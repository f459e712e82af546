// Tables of the catalog in the store, by what they hold. Names are eKuiper-like and stay for ever: an older version must find them.
// Those that hold secrets are sealed (secrets/sealed-table.ts).
import type { Log } from '../base/log.ts';
import { bigintAsNumber } from '../base/raw-json.ts';
import { restoreSecrets } from '../base/secrets.ts';
import { maskSecrets } from '../contract/props.ts';
import type { KvTable, Store } from '../store/index.ts';
import { parseKeepingIntegers } from './json-text.ts';
import { maskRuleText, unmaskRuleText } from './rules/rule-secrets.ts';
import { createSealedTable, type SealedTable } from './secrets/sealed-table.ts';
import { maskSecretRow } from './secrets/secret-store.ts';
import type { Vault } from './secrets/vault.ts';
import { definitionOf, parseStreamStatement, type SourceDefinition } from './streams/definition.ts';
import { maskStatement, unmaskStatement } from './streams/stream-secrets.ts';

export interface Tables {
  /** name → {"sql"} */
  readonly streams: SealedTable;
  /** id → JSON of the rule as posted */
  readonly rules: SealedTable;
  /** `id/time/what` → JSON of the rule as it was then */
  readonly ruleVersions: SealedTable;
  /** id → '1': the rule was stored by a version that knows option sqlCompatibility */
  readonly ruleMarks: KvTable;
  /** `sources.mqtt.key` → JSON of properties */
  readonly confKeys: SealedTable;
  /** id → {"typ","props"} */
  readonly connections: SealedTable;
  /** name → {"value","atMs"} */
  readonly secrets: SealedTable;
  /** `protobuf.name` → {"version"} */
  readonly schemas: KvTable;
  /** `mqtt.plant` → hash of the entry of connection.yaml that was provisioned */
  readonly provisioned: KvTable;
}

/** @param sealing absent: secrets are stored as they are */
export function openTables(store: Store, sealing?: { vault: Vault; log: Log }): Tables {
  const sealed = (
    table: string,
    mask: (text: string) => string | Promise<string>,
    restore: (text: string, old: string) => string | Promise<string>,
  ) => createSealedTable({ store, table, sealing, mask, restore });
  return {
    streams: sealed('stream', maskStreamRow, restoreStreamRow),
    rules: sealed('rule', maskRuleText, unmaskRuleText),
    ruleVersions: sealed('ruleVersion', maskRuleText, unmaskRuleText),
    confKeys: sealed('confKey', maskJson, restoreJson),
    connections: sealed('connection', maskJson, restoreJson),
    secrets: sealed('secret', maskSecretRow, restoreJson),
    ruleMarks: store.kv('ruleMark'),
    schemas: store.kv('schema'),
    provisioned: store.kv('provisioned'),
  };
}

const SEALED = ['streams', 'rules', 'ruleVersions', 'confKeys', 'connections', 'secrets'] as const;

/** Seals what an earlier version left in clear, and what is sealed with an old key. @returns rows that were sealed */
export async function resealAll(tables: Tables): Promise<number> {
  let n = 0;
  for (const name of SEALED) n += await tables[name].reseal();
  return n;
}

const toJson = (value: unknown): string => JSON.stringify(value, bigintAsNumber);

function maskJson(text: string): string {
  try {
    const value = parseKeepingIntegers(text);
    const shown = toJson(maskSecrets(value));
    return shown === toJson(value) ? text : shown;
  } catch {
    return text; // no JSON: the reader of the table says so
  }
}

const restoreJson = (text: string, old: string): string => toJson(restoreSecrets(parseKeepingIntegers(text), parseKeepingIntegers(old)));

async function maskStreamRow(text: string): Promise<string> {
  if (!/EXTRA|:\/\/|=/i.test(text)) return text;
  const definition = await streamOf(text);
  if (!definition) return text;
  const sql = maskStatement(definition);
  return sql === definition.sql ? text : JSON.stringify({ sql });
}

async function restoreStreamRow(text: string, old: string): Promise<string> {
  const [given, before] = [await streamOf(text), await streamOf(old)];
  return given && before ? JSON.stringify({ sql: unmaskStatement(given.sql, given.statement, before) }) : text;
}

/** Undefined: no statement of a stream; the catalog says so when it reads it. */
async function streamOf(text: string): Promise<SourceDefinition | undefined> {
  try {
    const { sql } = JSON.parse(text) as { sql: string };
    const statement = await parseStreamStatement(sql);
    return statement.kind === 'create' ? definitionOf(sql, statement) : undefined;
  } catch {
    return undefined;
  }
}
