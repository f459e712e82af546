// /streams, /tables and their details. One pair of routes per path, told apart by kind.
import type { StreamService } from '../../service/index.ts';
import type { SourceKind } from '../../sql/index.ts';
import { statementBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

const BAD_BODY = 'Invalid body: Error decoding the statement descriptor';

export function streamRoutes(streams: StreamService): Route[] {
  return [...kindRoutes('stream', streams), ...kindRoutes('table', streams)];
}

function kindRoutes(kind: SourceKind, streams: StreamService): Route[] {
  const title = kind === 'stream' ? 'Stream' : 'Table';
  const tableKind = (r: RestRequest) => (kind === 'table' ? (r.query.get('kind') ?? undefined) : undefined);
  const sqlOf = (r: RestRequest) => textMember(bodyObject(r, BAD_BODY, statementBody), 'sql', BAD_BODY);
  return [
    { method: 'GET', path: `/${kind}s`, handle: (r) => json(streams.names(kind, tableKind(r))) },
    {
      method: 'POST',
      path: `/${kind}s`,
      async handle(r) {
        const sql = sqlOf(r);
        return created(`${escapeHtml(await withPrefix(`${title} command error`, () => streams.command(sql, r.told)))}\n`);
      },
    },
    { method: 'GET', path: `/${kind}details`, handle: (r) => json(streams.details(kind, tableKind(r))) },
    {
      method: 'GET',
      path: `/${kind}s/{name}`,
      handle: (r) => json(withPrefix(`describe ${kind} error`, () => streams.describe(kind, r.params['name']!))),
    },
    {
      method: 'PUT',
      path: `/${kind}s/{name}`,
      async handle(r) {
        const sql = sqlOf(r);
        return text(await withPrefix(`${title} command error`, () => streams.replace(kind, r.params['name']!, sql, r.told)));
      },
    },
    {
      method: 'DELETE',
      path: `/${kind}s/{name}`,
      async handle(r) {
        const force = r.query.get('force') === 'true';
        return text(await withPrefix(`delete ${kind} error`, () => streams.drop(kind, r.params['name']!, force)));
      },
    },
    {
      method: 'GET',
      path: `/${kind}s/{name}/schema`,
      handle: (r) => json(withPrefix(`get schema of ${kind} error`, () => streams.schema(kind, r.params['name']!))),
    },
  ];
}

/** eKuiper answers statements through Go's HTML escaping. */
function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' })[c]!);
}
