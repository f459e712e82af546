// /metadata: what sources, sinks and functions there are and which properties they take, for forms of other programs; conf keys.
// Everything comes from the connectors' own option specs, so that it cannot disagree with them.

import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { ComponentKind } from '../../config/index.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import { maskSecrets, type OptionSpec, type Props } from '../../contract/props.ts';
import type { ConfKeyStore, ConnectionStore } from '../../service/index.ts';
import { withPrefix } from '../errors.ts';
import { empty, json } from '../reply.ts';
import { bodyText, looseObject } from '../request.ts';
import type { Route } from '../router.ts';

export interface MetadataDeps {
  confKeys: ConfKeyStore;
  /** A conf key of a connection is a connection. */
  connections: ConnectionStore;
  /** Puts secrets in the place of `${secret:name}`. */
  resolve<T>(value: T): T;
  functions(): Promise<FunctionCatalogue>;
  connectors(): readonly ConnectorEntry[];
}

type Offer = 'source' | 'sink' | 'lookup';

export function metadataRoutes({ confKeys, connections, resolve, functions, connectors }: MetadataDeps): Route[] {
  const notFound = (name: string) => new GatewayError('SERVICE_CONF_KEY', { text: `This plugin was not found:${name}` });
  const list = (offer: Offer) =>
    connectors()
      .filter((c) => c.offers.includes(offer))
      .map((c) => ({ name: c.name, about: about(''), type: c.plugin ? 'plugin' : 'internal' }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  const load = async (name: string, offer: Offer) => {
    const entry = connectors().find((c) => c.name === name && c.offers.includes(offer));
    const definition = (await entry?.load())?.[offer];
    if (!definition) throw notFound(name);
    return definition;
  };
  const properties = (specs: readonly OptionSpec[]) => specs.map(propertyOf);

  const keysOf = (kind: ComponentKind, type: string): Record<string, Props> => {
    const named = kind === 'connections' ? connections.list().filter((c) => c.typ === type) : [];
    return { ...confKeys.list(kind, type), ...Object.fromEntries(named.map((c) => [c.id, c.props])) };
  };
  const confKeyRoutes = (kind: ComponentKind): Route[] => [
    { method: 'GET', path: `/metadata/${kind}/yaml/{name}`, handle: (r) => json(maskSecrets(keysOf(kind, r.params['name']!))) },
    {
      method: 'PUT',
      path: `/metadata/${kind}/{name}/confKeys/{confKey}`,
      async handle(r) {
        const { name, confKey } = r.params as { name: string; confKey: string };
        if (kind === 'connections') await connections.put(confKey, name, looseObject(r, 'Invalid body'), r.told);
        else await confKeys.put(kind, name, confKey, bodyText(r), r.told);
        return empty();
      },
    },
    {
      method: 'DELETE',
      path: `/metadata/${kind}/{name}/confKeys/{confKey}`,
      async handle(r) {
        if (kind === 'connections') await connections.delete(r.params['confKey']!);
        else await confKeys.delete(kind, r.params['name']!, r.params['confKey']!);
        return empty();
      },
    },
  ];
  /** @param kind how the answers call it */
  const probe = (path: string, kind: string): Route => ({
    method: 'POST',
    path: `/metadata/${path}/connection/{name}`,
    async handle(r) {
      const name = r.params['name']!;
      const props = looseObject(r, 'Invalid body') as Props;
      const connection = (
        await connectors()
          .find((c) => c.name === name)
          ?.load()
      )?.connection;
      if (!connection) throw new GatewayError('SERVICE_REFUSED', { text: `${kind} ${name} doesn't support ping connection` });
      await withPrefix(`${name} connection test failed`, () => connection.test(resolve(props), AbortSignal.timeout(5_000)));
      return empty();
    },
  });

  return [
    { method: 'GET', path: '/metadata/functions', handle: async () => json(functionGroups(await functions())) },
    { method: 'GET', path: '/metadata/operators', handle: async () => json((await import('../operator-metadata.ts')).graphOperators) },
    { method: 'GET', path: '/metadata/sinks', handle: () => json(list('sink')) },
    {
      method: 'GET',
      path: '/metadata/sinks/{name}',
      async handle(r) {
        const d = await load(r.params['name']!, 'sink');
        return json({ about: about(d.doc), libs: [], properties: properties(d.options), node: nodeOf('sink', d.name) });
      },
    },
    {
      method: 'GET',
      path: '/metadata/sources',
      handle(r) {
        const found = list(r.query.get('kind') === 'lookup' ? 'lookup' : 'source');
        return found.length ? json(found) : empty();
      },
    },
    {
      method: 'GET',
      path: '/metadata/sources/{name}',
      async handle(r) {
        const d = await load(r.params['name']!, 'source');
        return json({ about: about(d.doc), libs: [], properties: { default: properties(d.options) }, node: nodeOf('source', d.name) });
      },
    },
    { method: 'GET', path: '/metadata/connections', handle: () => json(list('source')) },
    {
      method: 'GET',
      path: '/metadata/connections/{name}',
      async handle(r) {
        const entry = connectors().find((c) => c.name === r.params['name']);
        const connection = (await entry?.load())?.connection;
        if (!connection) throw notFound(r.params['name']!);
        return json({
          about: about(''),
          libs: [],
          properties: { default: properties(connection.options) },
          node: nodeOf('source', r.params['name']!),
        });
      },
    },
    {
      method: 'GET',
      path: '/metadata/resource',
      handle(r) {
        const wanted = r.query.get('sourceType');
        const all: Record<string, unknown> = {};
        for (const c of connectors().filter((e) => e.offers.includes('source'))) {
          const keys = Object.entries(confKeys.list('sources', c.name)).filter(
            ([, props]) => wanted === null || props['sourceType'] === wanted,
          );
          if (keys.length) all[c.name] = maskSecrets(Object.fromEntries(keys));
        }
        return json(all);
      },
    },
    {
      method: 'GET',
      path: '/metadata/resources',
      handle() {
        const of = (kind: ComponentKind) =>
          confKeys
            .stored()
            .filter((k) => k.kind === kind)
            .map((k) => ({ [k.key]: k.type }));
        const orNull = (items: unknown[]) => (items.length ? items : null);
        return json({ sources: orNull(of('sources')), sinks: orNull(of('sinks')) });
      },
    },
    ...confKeyRoutes('sources'),
    ...confKeyRoutes('sinks'),
    ...confKeyRoutes('connections'),
    probe('sources', 'source'),
    probe('sinks', 'sink'),
    probe('lookups', 'lookup source'),
  ];
}

function about(doc: string) {
  return {
    trial: false,
    installed: true,
    author: { name: 'Kuiper Gateway', email: '', company: '', website: '' },
    helpUrl: { en: '', zh: '' },
    description: { en: doc, zh: doc },
  };
}

function nodeOf(category: string, name: string) {
  return { category, icon: 'iconPath', label: { en: name, zh: name } };
}

const CONTROLS: Readonly<Record<OptionSpec['type'], { type: string; control: string }>> = {
  string: { type: 'string', control: 'text' },
  int: { type: 'int', control: 'text' },
  float: { type: 'float', control: 'text' },
  bool: { type: 'bool', control: 'radio' },
  duration: { type: 'string', control: 'text' },
  bytes: { type: 'string', control: 'text' },
  'string[]': { type: 'list_string', control: 'list' },
  object: { type: 'object', control: 'list' },
  'object[]': { type: 'list_object', control: 'list' },
  map: { type: 'object', control: 'list' },
  any: { type: 'string', control: 'text' },
};

function propertyOf(spec: OptionSpec) {
  return {
    exist: true,
    name: spec.name,
    default: spec.secret ? '' : (spec.default ?? ''),
    ...(spec.oneOf ? { ...CONTROLS[spec.type], control: 'select', values: spec.oneOf } : CONTROLS[spec.type]),
    connection_related: false,
    optional: !spec.required,
    hint: { en: spec.doc, zh: spec.doc },
    label: { en: spec.name, zh: spec.name },
  };
}

function functionGroups(functions: FunctionCatalogue) {
  const groups = new Map<string, unknown[]>();
  for (const name of functions.names()) {
    const f = functions.get(name)!;
    if (f.name !== name) continue;
    const example = f.examples[0]?.[0] ?? '';
    const shown = {
      name,
      example,
      hint: { en: f.doc, zh: f.doc },
      aggregate: f.kind === 'aggregate',
      args: f.params.map((p) => ({ name: p.name, type: p.type, optional: p.optional ?? false })),
    };
    const group = groups.get(f.group);
    if (group) group.push(shown);
    else groups.set(f.group, [shown]);
  }
  return [...groups].map(([name, list]) => ({ name, about: about(''), functions: list }));
}
