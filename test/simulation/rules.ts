// The rules of a simulated run, and what the oracle expects of each. All read the stream `plant`: {id, k, v}.
import type { Row } from '../../src/data/value.ts';
import type { RuleKind } from './scenario.ts';

export const STREAM = 'CREATE STREAM plant () WITH (DATASOURCE="plant/+", TYPE="mqtt", FORMAT="json", CONF_KEY="sim")';
export const MEMORY = 'CREATE STREAM second () WITH (DATASOURCE="inner", TYPE="memory", FORMAT="json")';
export const TABLE = 'CREATE TABLE names () WITH (DATASOURCE="names", TYPE="sim", KIND="lookup", KEY="k", FORMAT="json")';

export const MODBUS = 'CREATE STREAM units () WITH (DATASOURCE="plc", TYPE="modbus", FORMAT="json", CONF_KEY="sim")';

export const passes = (v: number): boolean => v > 20;

export interface RuleShape {
  kind: RuleKind;
  sql: string;
  /** Name of the sink's peer, or of the MQTT topic. */
  to: string;
  /** Ids in a row that the sink got. */
  idsOf(row: Row): number[];
  /** Messages that are in no result at the end, at most (a window that is not full). */
  mayKeep: number;
  /** The rule has state: repetitions by the broker are taken once, and results are owed to checkpoints. */
  stateful: boolean;
  /** Repetitions by the broker are taken once. Not where rows wait for a lookup before they are in the state: better twice than never. */
  dedups: boolean;
  /** Only messages with such values. */
  expects(v: number): boolean;
  /** Results are made of rows in order, without gaps: first deliveries come in the order of ids. */
  ordered: boolean;
}

const one = (row: Row) => [Number(row['id'])];
const many = (row: Row) => ((row['ids'] ?? []) as unknown[]).map(Number);
const all = () => true;

export const shapes: Readonly<Record<RuleKind, RuleShape>> = {
  filter: {
    kind: 'filter',
    sql: 'SELECT id, v FROM plant WHERE v > 20',
    to: 'filter',
    idsOf: one,
    mayKeep: 0,
    stateful: false,
    dedups: false,
    expects: passes,
    ordered: true,
  },
  count: {
    kind: 'count',
    sql: 'SELECT collect(id) AS ids, count(*) AS c FROM plant GROUP BY COUNTWINDOW(5)',
    to: 'count',
    idsOf: many,
    mayKeep: 4,
    stateful: true,
    dedups: true,
    expects: all,
    ordered: false,
  },
  tumbling: {
    kind: 'tumbling',
    sql: 'SELECT collect(id) AS ids, count(*) AS c FROM plant GROUP BY TUMBLINGWINDOW(ss, 3)',
    to: 'tumbling',
    idsOf: many,
    mayKeep: 0,
    stateful: true,
    dedups: true,
    expects: all,
    ordered: false,
  },
  counter: {
    kind: 'counter',
    sql: 'SELECT id, acc_count(id) AS n FROM plant',
    to: 'counter',
    idsOf: one,
    mayKeep: 0,
    stateful: true,
    dedups: true,
    expects: all,
    ordered: true,
  },
  lookup: {
    kind: 'lookup',
    sql: 'SELECT plant.id AS id, names.name AS name FROM plant INNER JOIN names ON plant.k = names.k',
    to: 'lookup',
    idsOf: one,
    mayKeep: 0,
    stateful: false,
    dedups: false,
    expects: all,
    ordered: true,
  },
  'lookup-late': {
    kind: 'lookup-late',
    sql: 'SELECT collect(plant.id) AS ids, count(*) AS c FROM plant INNER JOIN names ON plant.k = names.k GROUP BY COUNTWINDOW(4)',
    to: 'late',
    idsOf: many,
    mayKeep: 3,
    stateful: true,
    dedups: false,
    expects: all,
    ordered: false,
  },
  mqtt: {
    kind: 'mqtt',
    sql: 'SELECT id, v FROM plant WHERE v > 20',
    to: 'out/filtered',
    idsOf: one,
    mayKeep: 0,
    stateful: false,
    dedups: false,
    expects: passes,
    ordered: false,
  },
  chain: {
    kind: 'chain',
    sql: 'SELECT id, v FROM second WHERE v > 20',
    to: 'chain',
    idsOf: one,
    mayKeep: 0,
    stateful: false,
    dedups: false,
    expects: passes,
    ordered: false,
  },
  modbus: {
    kind: 'modbus',
    sql: 'SELECT device, n FROM units',
    to: 'modbus',
    idsOf: () => [],
    mayKeep: Number.POSITIVE_INFINITY,
    stateful: false,
    dedups: false,
    expects: () => false,
    ordered: false,
  },
  batch: {
    kind: 'batch',
    sql: 'SELECT id, v FROM plant WHERE v > 20',
    to: 'batch',
    idsOf: one,
    mayKeep: 0,
    stateful: true,
    dedups: true,
    expects: passes,
    ordered: false,
  },
};

/** JSON as it is posted. @param edition changes nothing but the text, as an edit by a user would */
export function ruleTexts(
  kind: RuleKind,
  options: { checkpointMs: number; bufferLength: number },
  broker: string,
  edition: number,
): string[] {
  const shape = shapes[kind];
  const rule = (id: string, sql: string, actions: unknown[]) =>
    JSON.stringify({
      id,
      sql,
      tags: [`edition-${edition}`],
      actions,
      options: {
        qos: shape.stateful ? 1 : 0,
        checkpointInterval: options.checkpointMs,
        bufferLength: options.bufferLength,
        restartStrategy: { attempts: 10, delay: 500 },
      },
    });
  if (kind === 'mqtt') return [rule(kind, shape.sql, [{ mqtt: { server: broker, topic: shape.to, qos: 1, sendSingle: true } }])];
  if (kind === 'batch') return [rule(kind, shape.sql, [{ sim: { to: shape.to, batchSize: 5, lingerInterval: 1500 } }])];
  const own = rule(kind, shape.sql, [{ sim: { to: shape.to, sendSingle: true } }]);
  if (kind !== 'chain') return [own];
  return [own, rule('chain-in', 'SELECT id, v FROM plant', [{ memory: { topic: 'inner', sendSingle: true } }])];
}
