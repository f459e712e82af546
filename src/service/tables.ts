// Tables of the catalog in the store, by what they hold. Names are eKuiper-like and stay for ever: an older version must find them.
import type { KvTable, Store } from '../store/index.ts';

export interface Tables {
  /** name → {"sql"} */
  readonly streams: KvTable;
  /** id → JSON of the rule as posted */
  readonly rules: KvTable;
  /** id → '1': the rule was stored by a version that knows option sqlCompatibility */
  readonly ruleMarks: KvTable;
  /** `sources.mqtt.key` → JSON of properties */
  readonly confKeys: KvTable;
  /** id → {"typ","props"} */
  readonly connections: KvTable;
  /** `protobuf.name` → {"version"} */
  readonly schemas: KvTable;
  /** `mqtt.plant` → hash of the entry of connection.yaml that was provisioned */
  readonly provisioned: KvTable;
}

export function openTables(store: Store): Tables {
  return {
    streams: store.kv('stream'),
    rules: store.kv('rule'),
    ruleMarks: store.kv('ruleMark'),
    confKeys: store.kv('confKey'),
    connections: store.kv('connection'),
    schemas: store.kv('schema'),
    provisioned: store.kv('provisioned'),
  };
}
