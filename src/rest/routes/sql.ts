// /sql: what editors ask while somebody types. Nothing is changed and nothing is kept; a token that may only read may call all of it.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { type SqlCompatibility, sqlCompatibilities } from '../../base/sql-compatibility.ts';
import type { Editor } from '../../service/index.ts';
import { cursorBody, diffBody, explainBody, graphBody, graphOfSqlBody, lintBody, sqlTextBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

const WHAT = 'Invalid body';

export interface SqlRouteDeps {
  editor(): Promise<Editor>;
  /** JSON of a rule. @throws when there is none */
  ruleText(id: string): string;
}

export function sqlRoutes({ editor, ruleText }: SqlRouteDeps): Route[] {
  const bad = (problem: string) => new GatewayError('REST_BODY', { what: WHAT, problem });
  const oneOf = <T extends string>(value: string, name: string, allowed: readonly T[], otherwise: T | undefined): T | undefined => {
    if (value === '') return otherwise;
    if (!(allowed as readonly string[]).includes(value)) throw bad(`${name}: expected one of ${allowed.join(', ')}`);
    return value as T;
  };
  const compatibilityOf = (body: Record<string, unknown>) =>
    oneOf<SqlCompatibility>(textMember(body, 'sqlCompatibility', WHAT), 'sqlCompatibility', sqlCompatibilities, undefined);
  const atCursor = (r: RestRequest): { sql: string; offset: number } => {
    const body = bodyObject(r, WHAT, cursorBody);
    const sql = textMember(body, 'sql', WHAT);
    const offset = body['offset'] ?? sql.length;
    if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0 || offset > sql.length)
      throw bad(`offset: expected a whole number from 0 to ${sql.length}`);
    return { sql, offset };
  };
  return [
    { method: 'GET', path: '/sql/catalog', handle: async () => json(await (await editor()).catalog()) },
    {
      method: 'POST',
      path: '/sql/lint',
      async handle(r) {
        const body = bodyObject(r, WHAT, lintBody);
        const kind = oneOf(textMember(body, 'kind', WHAT), 'kind', ['rule', 'script'] as const, 'rule');
        const compatibility = compatibilityOf(body);
        const diagnostics = await (await editor()).lint(textMember(body, 'sql', WHAT), kind, compatibility);
        return json({ ok: diagnostics.every((d) => d.severity !== 'error'), diagnostics });
      },
    },
    {
      method: 'POST',
      path: '/sql/format',
      async handle(r) {
        const sql = textMember(bodyObject(r, WHAT, sqlTextBody), 'sql', WHAT);
        return json({ sql: (await editor()).format(sql) });
      },
    },
    {
      method: 'POST',
      path: '/sql/complete',
      async handle(r) {
        const { sql, offset } = atCursor(r);
        return json(await (await editor()).complete(sql, offset));
      },
    },
    {
      method: 'POST',
      path: '/sql/explain',
      async handle(r) {
        const body = bodyObject(r, WHAT, explainBody);
        const compatibility = compatibilityOf(body);
        return text(await (await editor()).explain(textMember(body, 'sql', WHAT), compatibility));
      },
    },
    {
      method: 'POST',
      path: '/sql/diff',
      async handle(r) {
        const body = bodyObject(r, WHAT, diffBody);
        const [rule, sql, lines] = ['rule', 'sql', 'rows'].map((name) => textMember(body, name, WHAT));
        if ((rule === '') === (sql === '')) throw bad('expected rule or sql, one of them');
        const of = rule === '' ? { sql: sql! } : { rule: rule!, text: withPrefix('diff error', () => ruleText(rule!)) };
        return json(await (await editor()).diff(of, lines === '' ? undefined : lines));
      },
    },
    {
      method: 'POST',
      path: '/sql/graph',
      async handle(r) {
        const body = bodyObject(r, WHAT, graphOfSqlBody);
        const { actions = [] } = body;
        if (!Array.isArray(actions) || !actions.every(isRecord)) throw bad('actions: expected a list of objects, as in a rule');
        return json({ graph: await (await editor()).graph(textMember(body, 'sql', WHAT), actions) });
      },
    },
    {
      method: 'POST',
      path: '/sql/ofgraph',
      async handle(r) {
        const { graph } = bodyObject(r, WHAT, graphBody);
        if (!isRecord(graph)) throw bad('expected {"graph": {nodes, topo}}');
        return json((await editor()).sqlOfGraph(graph));
      },
    },
    {
      method: 'POST',
      path: '/sql/hover',
      async handle(r) {
        const { sql, offset } = atCursor(r);
        return json((await (await editor()).hover(sql, offset)) ?? null);
      },
    },
  ];
}
