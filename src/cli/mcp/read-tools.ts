// Tools that read and diagnose. None of them changes the gateway; what is POST here is so for the sake of its body. Used by server.ts.
import { catalogue } from '../../base/errors/catalogue/index.ts';
import { suggest } from '../../sql/suggest.ts';
import { CliError } from '../cli-error.ts';
import { encode } from '../command.ts';
import type { Argument, Tool, ToolContext } from './tool.ts';

const RULE: Argument = { type: 'string', description: 'id of the rule', maxLength: 500 };
const SQL: Argument = { type: 'string', description: 'SQL text', maxLength: 100_000 };

const get =
  (path: (id: string) => string): Tool['run'] =>
  async ({ rule, name }, { client }) =>
    parsed(await client.call('GET', path(encode(String(rule ?? name)))));

/** JSON, or the text where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.trimEnd();
  }
}

const ofRule = (name: string, description: string, path: (id: string) => string): Tool => ({
  name,
  description,
  args: { rule: RULE },
  required: ['rule'],
  run: get(path),
});

const plain = (name: string, description: string, path: string): Tool => ({
  name,
  description,
  args: {},
  run: async (_args, { client }) => parsed(await client.call('GET', path)),
});

/** Paths that give more than an assistant needs, or do something, although they are GET. */
const CLOSED =
  /^\/(stop|backup|secrets|auth|settings|mqtt|metrics\/dump|apply|live|console)\b|^\/(v2\/|async\/)?data\/export|^\/config\/uploads/;

export const readTools: readonly Tool[] = [
  plain('gateway_info', 'Version, uptime, load of the gateway and what needs attention.', '/'),
  plain('overview', 'All rules with state, rates, errors and problems at one moment. Begin here.', '/overview'),
  plain('list_rules', 'All rules with id, name, state and tags.', '/rules'),
  ofRule('get_rule', 'The definition of a rule: SQL, actions, options. Secrets are masked.', (id) => `/rules/${id}`),
  ofRule('rule_status', 'State and counters of a rule, node by node.', (id) => `/rules/${id}/status`),
  ofRule('rule_health', 'Health of a rule: problems and notes in sentences, causes for programs.', (id) => `/rules/${id}/health`),
  ofRule('rule_diag', 'Walks the path of the data of a rule and says where it stops, why, and what to do.', (id) => `/rules/${id}/diag`),
  ofRule('rule_versions', 'What a rule was before its last changes.', (id) => `/rules/${id}/versions`),
  ofRule('explain_rule', 'The plan of a rule.', (id) => `/rules/${id}/explain`),
  plain('recent_changes', 'The last changes of all rules.', '/changes'),
  {
    name: 'list_streams',
    description: 'Streams or tables with type and format.',
    args: { kind: { type: 'string', description: 'stream (default) or table', enum: ['stream', 'table'] } },
    run: async ({ kind = 'stream' }, { client }) => client.json('GET', `/${String(kind)}details`),
  },
  {
    name: 'describe_stream',
    description: 'One stream or table: columns and options.',
    args: {
      name: { type: 'string', description: 'its name', maxLength: 500 },
      kind: { type: 'string', description: 'stream (default) or table', enum: ['stream', 'table'] },
    },
    required: ['name'],
    run: async ({ name, kind = 'stream' }, { client }) => client.json('GET', `/${String(kind)}s/${encode(String(name))}`),
  },
  {
    name: 'tail',
    description: 'Rows of a stream, or what a rule gives, as they come. Ends after count rows or seconds. Nothing that runs is touched.',
    args: {
      stream: { type: 'string', description: 'name of a stream; or rule', maxLength: 500 },
      rule: { type: 'string', description: 'id of a rule; or stream', maxLength: 500 },
      count: { type: 'integer', description: 'rows, default 5', minimum: 1, maximum: 50 },
      seconds: { type: 'integer', description: 'longest wait, default 10', minimum: 1, maximum: 60 },
    },
    run: tail,
  },
  {
    name: 'lint_sql',
    description: 'What is wrong with a SELECT of a rule (kind rule) or with statements (kind script): ranges, codes, cures, corrections.',
    args: { sql: SQL, kind: { type: 'string', description: 'rule (default) or script', enum: ['rule', 'script'] } },
    required: ['sql'],
    run: async (args, { client }) => client.json('POST', '/sql/lint', JSON.stringify(args)),
  },
  {
    name: 'format_sql',
    description: 'SQL in the style of the gateway; comments stay.',
    args: { sql: SQL },
    required: ['sql'],
    run: async (args, { client }) => client.json('POST', '/sql/format', JSON.stringify(args)),
  },
  {
    name: 'explain_sql',
    description: 'The plan of a SELECT, without making a rule.',
    args: { sql: SQL },
    required: ['sql'],
    run: async (args, { client }) => (await client.call('POST', '/sql/explain', JSON.stringify(args))).trimEnd(),
  },
  {
    name: 'sql_diff',
    description:
      "Tries rows on a rule or a SELECT apart from the gateway: what standard SQL gives, what eKuiper's answers are, where they differ. Also a way to test SQL.",
    args: {
      rule: { type: 'string', description: 'id of a rule; or sql', maxLength: 500 },
      sql: { ...SQL, description: 'a SELECT; or rule' },
      rows: {
        type: 'string',
        description: 'JSON lines, rows of the first stream; absent: the last message of each stream',
        maxLength: 200_000,
      },
    },
    run: async (args, { client }) => client.json('POST', '/sql/diff', JSON.stringify(args)),
  },
  {
    name: 'sql_search',
    description: 'Functions, streams, columns and words of SQL whose name or text has the search words.',
    args: { search: { type: 'string', description: 'words', maxLength: 200 } },
    required: ['search'],
    run: searchSql,
  },
  {
    name: 'error_help',
    description: 'What an error code means and how to cure it.',
    args: { code: { type: 'string', description: 'for example SQL_SYNTAX', maxLength: 100 } },
    required: ['code'],
    async run({ code }) {
      const wanted = String(code).toUpperCase();
      if (Object.hasOwn(catalogue, wanted)) return { code: wanted, ...catalogue[wanted as keyof typeof catalogue] };
      const near = suggest(wanted, Object.keys(catalogue));
      throw new CliError(`There is no code ${wanted}${near ? `; did you mean ${near}?` : '.'}`, 'usage');
    },
  },
  {
    name: 'list_api',
    description: 'REST calls that only read, from the OpenAPI description: for api_get.',
    args: { search: { type: 'string', description: 'only calls whose path or summary has this', maxLength: 100 } },
    run: async ({ search = '' }, context) =>
      (await readingCalls(context)).filter((c) => `${c.path} ${c.summary}`.toLowerCase().includes(String(search).toLowerCase())),
  },
  {
    name: 'api_get',
    description: 'One REST call that only reads; list_api has them.',
    args: { path: { type: 'string', description: 'path with query, for example /rules/hot/topo', maxLength: 1000 } },
    required: ['path'],
    async run({ path }, context) {
      const given = String(path);
      const bare = given.split('?')[0]!;
      // dots and encoded slashes would make another path of it
      const plainPath = /^(\/[^/?#]+)*\/?$/.test(bare) && !/(^|\/)\.{1,2}(\/|$)|%2f|%2e|\\/i.test(bare);
      const known = plainPath && (await readingCalls(context)).some((c) => matches(c.path, bare));
      if (!known) throw new CliError(`${given} is not a call that only reads; list_api has them.`, 'usage');
      return parsed(await context.client.call('GET', given));
    },
  },
];

async function tail(
  { stream, rule, count = 5, seconds = 10 }: Readonly<Record<string, unknown>>,
  { client, sleep }: ToolContext,
): Promise<unknown> {
  if ((stream === undefined) === (rule === undefined)) throw new CliError('tail: expected stream or rule, one of them', 'usage');
  const rows: unknown[] = [];
  const end = new AbortController();
  const query = stream === undefined ? `rule=${encode(String(rule))}` : `stream=${encode(String(stream))}`;
  const following = client.events(`/live/rows?${query}`, end.signal, (data) => {
    for (const row of (JSON.parse(data) as { rows?: string[] }).rows ?? []) if (rows.length < (count as number)) rows.push(parsed(row));
    if (rows.length >= (count as number)) end.abort();
  });
  await Promise.race([following, sleep((seconds as number) * 1000)]);
  end.abort();
  await following;
  return { rows, ...(rows.length === 0 ? { note: `no row came within ${String(seconds)} s` } : {}) };
}

interface Named {
  readonly name: string;
  readonly doc?: string;
}

async function searchSql({ search }: Readonly<Record<string, unknown>>, { client }: ToolContext): Promise<unknown> {
  const words = String(search).toLowerCase().split(/\s+/).filter(Boolean);
  const catalog = await client.json<{
    functions: (Named & { signature: string; examples: unknown[] })[];
    sources: (Named & { columns: Named[] })[];
    words: Record<string, Named[]>;
  }>('GET', '/sql/catalog');
  const fits = (text: string) => words.every((w) => text.toLowerCase().includes(w));
  return {
    functions: catalog.functions
      .filter((f) => fits(`${f.name} ${f.doc ?? ''}`))
      .map((f) => ({ usage: f.signature, doc: f.doc, examples: f.examples.slice(0, 2) })),
    sources: catalog.sources.filter((s) => fits(`${s.name} ${s.columns.map((c) => c.name).join(' ')}`)),
    words: Object.values(catalog.words)
      .flat()
      .filter((w) => fits(`${w.name} ${w.doc ?? ''}`)),
  };
}

/** GET operations of the gateway's own description, without the closed ones. */
async function readingCalls({ client }: ToolContext): Promise<{ path: string; summary: string }[]> {
  const { paths } = await client.json<{ paths: Record<string, Record<string, { summary: string }>> }>('GET', '/openapi.json');
  return Object.entries(paths).flatMap(([path, operations]) =>
    operations['get'] && !CLOSED.test(path) ? [{ path, summary: operations['get'].summary }] : [],
  );
}

function matches(pattern: string, path: string): boolean {
  const [want, have] = [pattern.split('/'), path.split('/')];
  return want.length === have.length && want.every((w, i) => (w.startsWith('{') ? have[i] !== '' : w === have[i]));
}
