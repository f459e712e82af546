// What the service hands to the runtime: a rule with its compiled program, its actions and the streams it reads, all parsed and resolved.
// Made by src/service; read by rule/rule.ts and source/source-pool.ts. The runtime never sees SQL or JSON of the user.
import type { Props } from '../contract/props.ts';
import type { StreamSchema } from '../contract/schema.ts';
import type { RuleProgram } from '../exec/operator.ts';
import type { Cause } from './diagnosis/cause.ts';
import type { RuleOptions } from './options.ts';

/** A stream or table as the runtime needs it: options of WITH, merged with conf key, connection and EXTRA (rules.md 6.4). */
export interface SourceSpec {
  /** Name in the catalog; node name in status: `source_<name>_0_…`. */
  name: string;
  /** Name of its node in status where that is another one: a named connection with what is read there, as eKuiper calls it. */
  nodeName?: string;
  kind: 'stream' | 'scan-table' | 'lookup-table';
  /** Connector name (`TYPE`, default mqtt). */
  type: string;
  datasource: string;
  /** Resolved properties: default section, conf key, connection, EXTRA. */
  props: Props;
  /** What it names and does not get (a conf key that is not there), in sentences. */
  told?: readonly string[];
  /** `FORMAT`, lower case, default `json`. */
  format: string;
  schemaId?: string;
  delimiter?: string;
  /** Declared fields; undefined = schemaless. */
  schema?: StreamSchema;
  strictValidation?: boolean;
  /** Event-time column; used only by rules with isEventTime. */
  timestamp?: string;
  timestampFormat?: string;
  /** `SHARED`: rules share one instance also of a source that has a position of its own. */
  shared?: boolean;
  /** Scan tables: rows kept. */
  retainSize?: number;
  /** Lookup tables: `KEY`. */
  key?: string;
}

/** One sink of a rule. */
export interface ActionSpec {
  /** Connector name, e.g. `mqtt`. */
  type: string;
  /** Resolved properties (resourceId and connectionSelector already merged). */
  props: Props;
  /** What it names and does not get (a resource that is not there), in sentences. */
  told?: readonly string[];
  /** Index of the element of `actions`; node name `<type>_<index>`. */
  index: number;
}

export interface RuleDefinition {
  id: string;
  /** A program, or how to make one: called at each start, so that a changed plugin or stream takes effect. Throws = start fails. */
  program: RuleProgram | (() => RuleProgram | Promise<RuleProgram>);
  actions: readonly ActionSpec[];
  options: RuleOptions;
  /** Start on creation and after a restart of the gateway. */
  triggered: boolean;
  /** What of the rule's text has no effect, in sentences: shown in its health, logged once. */
  notes?: readonly string[];
  /** @throws when the catalog has no such stream or table */
  sources(name: string): SourceSpec;
  /** What the catalog says of a stream or table now: another text after each change, undefined when it is gone. */
  statementOf?(name: string): string | undefined;
  /** What the rest of the gateway knows of it (a version of a plugin that is not in effect); asked for its health. */
  outside?(): readonly Cause[];
}
