// What a message may choose. Each dynamic property of a connector names its kind (contract/props.ts); this is the one place that says what a value of
// that kind may be: when the rule is made (`check`), while it is printed (`printerOf`) and before it is used (`vet`). The table in
// docs/security.md says it for people. Called by runtime/transform, and by each sink in `collect`, also for rows that come from a queue.
import type { DynamicKind, OptionSpec, Props } from '../../contract/props.ts';
import type { Printer } from '../compile.ts';
import { checkPathTemplate, placeOf } from './file-path.ts';
import { checkFields, checkHeaders, checkHeaderTemplates } from './headers.ts';
import { checkBodyType, checkFlag, checkMethod, checkTable, checkUnit } from './names.ts';
import { holdsTemplate, refused, textOf } from './text.ts';
import { checkMemoryTopic, checkMqttTopic, checkUserProperties } from './topics.ts';
import { checkUrl, checkUrlTemplate, printUrl } from './url.ts';

export { type FilePlace, placeOf } from './file-path.ts';
export { printJson } from './json-text.ts';
export { printSql } from './sql-text.ts';
export { hasTemplate, holdsTemplate, refused } from './text.ts';

export type Dynamic = Readonly<Record<string, unknown>>;

interface Kind {
  /** When the rule is made. @throws Error that says what to write instead */
  check?(configured: unknown, props: Props): void;
  /** For each row. @returns the value to use  @throws rowError VALUE_REFUSED */
  vet(configured: unknown, value: unknown, props: Props): unknown;
  print?: () => Printer;
}

const hosts = (props: Props): readonly string[] | undefined => {
  const value = props['allowedHosts'];
  return typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.map(String) : undefined;
};

const kinds: Record<DynamicKind, Kind> = {
  'file-path': {
    check: (configured) => checkPathTemplate(String(configured)),
    vet(configured, value) {
      const path = textOf('path', value);
      placeOf(String(configured), path);
      return path;
    },
  },
  url: {
    check: (configured, props) => checkUrlTemplate(String(configured), hosts(props)),
    vet: (configured, value, props) => checkUrl(String(configured), value, hosts(props)),
    print: printUrl,
  },
  'http-method': { vet: (_configured, value) => checkMethod(value) },
  'body-type': { vet: (_configured, value) => checkBodyType(value) },
  headers: { check: checkHeaderTemplates, vet: checkHeaders },
  'form-fields': { vet: checkFields },
  'mqtt-topic': { vet: (configured, value) => checkMqttTopic(String(configured), value) },
  'user-properties': { vet: checkUserProperties },
  flag: { vet: (_configured, value) => checkFlag(value) },
  'memory-topic': { vet: (_configured, value) => checkMemoryTopic(value) },
  'table-name': { vet: (_configured, value) => checkTable(value) },
  'modbus-unit': { vet: (_configured, value, props) => checkUnit(value, props['protocol']) },
};

export const dynamicKinds = Object.keys(kinds) as DynamicKind[];

/** How values are printed into properties of that kind; undefined: as they are. */
export const printerOf = (kind: DynamicKind | undefined): (() => Printer) | undefined => (kind ? kinds[kind].print : undefined);

/** Property in which the runtime tells that it replaced another by the owner's `resendDestination`. */
export const REDIRECTED = 'resendDestination';

/** Checks the dynamic values of one item; absent are those that are constants. @throws rowError VALUE_REFUSED */
export type Vet = (dynamic: Dynamic | undefined) => Dynamic;

const nothing: Dynamic = Object.freeze({});

/** @param props the action's properties by wire name, as they were written: the owner's part is read from them
 *  @throws Error when a template leaves open what no message may choose */
export function createVetting(specs: readonly OptionSpec[], props: Props): Vet {
  const byName = new Map(specs.filter((s) => s.dynamic).map((s) => [s.name, s] as const));
  const given: Props = {};
  for (const [name, value] of Object.entries(props)) given[specNamed(specs, name)?.name ?? name] = value;
  const templated = [...byName.keys()].filter((name) => holdsTemplate(given[name]));
  for (const name of templated) kinds[byName.get(name)!.dynamic!].check?.(given[name], given);
  return (dynamic) => {
    if (dynamic === undefined && templated.length === 0) return nothing;
    const out: Record<string, unknown> = {};
    // a row of the queue from before the owner wrote a constant: the constant holds
    for (const name of templated) {
      const value = dynamic?.[name];
      if (value === undefined) throw refused(name, given[name], 'could not be filled in for this row');
      if (!isRedirected(dynamic!, value)) out[name] = kinds[byName.get(name)!.dynamic!].vet(given[name], value, given);
    }
    if (dynamic?.[REDIRECTED] === undefined) return out;
    for (const [name, spec] of byName)
      if (dynamic[name] !== undefined && isRedirected(dynamic, dynamic[name]))
        out[name] = kinds[spec.dynamic!].vet(dynamic[name], dynamic[name], given);
    return out;
  };
}

/** The runtime put the owner's other destination there. */
const isRedirected = (dynamic: Dynamic, value: unknown): boolean => typeof value === 'string' && dynamic[REDIRECTED] === value;

/** Wire names are matched whatever their case. */
export function specNamed(specs: readonly OptionSpec[], name: string): OptionSpec | undefined {
  const wanted = name.toLowerCase();
  return specs.find((s) => s.name.toLowerCase() === wanted || s.aliases?.some((a) => a.toLowerCase() === wanted));
}
