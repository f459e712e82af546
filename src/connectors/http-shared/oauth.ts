// Tokens of HTTP connectors (`oauth`): fetched by POST from the access address, renewed by the refresh address when more than half of their time has
// passed or when the peer answers 401. Headers and bodies are templates over the fields of the token server's answer. A token lives in memory only.
import { GatewayError, ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { createJsonDecoder } from '../../codecs/json/decode.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Row } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import type { HttpClient, HttpResponse } from './client.ts';

/** Where the connector sets no limit. */
const TOKEN_TIMEOUT_MS = 5000;

export const oauthOption: OptionSpec = {
  name: 'oauth',
  type: 'object',
  doc: 'Where a token comes from. Headers (of sources also the body) are then templates over the fields of its answer, such as Bearer {{.access_token}}.',
  fields: [
    {
      name: 'access',
      type: 'object',
      doc: 'First token, by POST: url, body, headers, expire (seconds; not set: expires_in of the answer).',
    },
    {
      name: 'refresh',
      type: 'object',
      doc: 'Next tokens, by POST: url, and body and headers as templates over the token. Not set: access again.',
    },
  ],
  example: {
    access: { url: 'https://login.example/token', body: '{"user":"gateway","password":"${secret:login}"}', expire: '3600' },
    refresh: { url: 'https://login.example/refresh', headers: { Authorization: 'Bearer {{.refresh_token}}' }, body: '' },
  },
};

interface Call {
  url: string;
  body: string;
  headers: Record<string, string>;
}

export interface OauthProps {
  access: Call & { expireSec: number | undefined };
  refresh: Call | undefined;
}

const callOptions: readonly OptionSpec[] = [
  { name: 'url', type: 'string', default: '', doc: 'Address.' },
  { name: 'body', type: 'string', default: '', doc: 'Body.' },
  { name: 'headers', type: 'map', default: {}, doc: 'Headers.' },
];
const accessOptions: readonly OptionSpec[] = [
  ...callOptions,
  { name: 'expire', as: 'expireSec', type: 'int', min: 0, doc: 'Seconds that a token is good for.' },
];

const membersOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined;
const memberOf = (value: Record<string, unknown>, name: string): unknown =>
  Object.entries(value).find(([k]) => k.toLowerCase() === name)?.[1];

/** @returns undefined when there is none, or one whose address is empty (as eKuiper's manager sends it)  @throws GatewayError CONNECTOR_OPTION */
export function parseOauth(component: string, raw: Readonly<Record<string, unknown>>): OauthProps | undefined {
  const refused = (problem: string) => new GatewayError('CONNECTOR_OPTION', { component, problems: problem });
  const given = memberOf(raw, 'oauth');
  if (given === undefined || given === null || given === '') return undefined;
  const oauth = membersOf(given);
  if (!oauth) throw refused('property oauth must be an object with access');
  if (Object.keys(oauth).length === 0) return undefined;
  const access = membersOf(memberOf(oauth, 'access'));
  if (!access) throw refused('if setting oAuth, `access` property is required');
  const parsed = parseOptions<OauthProps['access']>(`${component}, oauth.access`, accessOptions, access);
  if (parsed.url === '') return undefined;
  const given2 = memberOf(oauth, 'refresh');
  const refresh = parseOptions<Call>(`${component}, oauth.refresh`, callOptions, membersOf(given2) ?? {});
  for (const [name, { url }] of [['access', parsed], ['refresh', refresh]] as const) // biome-ignore format: one thought
    if (url !== '' && !/^https?:\/\//i.test(url)) throw refused(`property oauth.${name}.url: it must begin with http:// or https://`);
  const engine = engineAt(() => 0);
  for (const [name, value] of [
    ['headers', memberOf(raw, 'headers')],
    ['oauth.refresh.headers', refresh.headers],
    ['oauth.refresh.body', refresh.body],
  ] as const)
    try {
      engine.compileDynamic(value);
    } catch (error) {
      throw refused(`property ${name}: ${messageOf(error)}`);
    }
  return { access: parsed, refresh: refresh.url === '' ? undefined : refresh };
}

const engineAt = (now: () => number) => createTemplateEngine({ now, timeZone: 'UTC', property: () => undefined, toJson: encodeJson });

export interface TokenParts {
  headers: Record<string, string>;
  body: string;
}

export interface Oauth {
  /** Sends what `make` gives for a token that is good; once more with a new one when the answer is 401. Calls at the same time share one fetch.
   *  @throws ioError when no token can be had: rows wait */
  send(make: (parts: TokenParts) => Promise<HttpResponse>): Promise<HttpResponse>;
}

interface Token {
  readonly fields: Row;
  readonly parts: TokenParts;
  readonly sinceMs: number;
  readonly goodForMs: number;
}

/** @param given headers and body with templates over the token's fields */
export function createOauth(
  props: OauthProps,
  given: TokenParts,
  timeoutMs: number,
  client: HttpClient,
  ctx: Pick<ConnectorContext, 'clock' | 'log'>,
): Oauth {
  const engine = engineAt(() => ctx.clock.now());
  let token: Token | undefined;
  let fetching: Promise<Token> | undefined;

  /** @throws Error when the answer lacks a field: an empty header would be refused by the peer with less to go by */
  const fill = <T>(what: string, value: T, fields: Row): T => {
    const filled = engine.compileDynamic(value)?.(fields) ?? value;
    if (JSON.stringify(filled).includes('<no value>'))
      throw new Error(`${what} names a field that the token's answer does not have; it has ${Object.keys(fields).join(', ') || 'none'}`);
    return filled as T;
  };

  async function ask(call: Call): Promise<Row> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    for (const [k, v] of Object.entries(call.headers)) headers[k.toLowerCase()] = String(v);
    const answer = await client.send({ method: 'post', url: call.url, headers, body: call.body, timeoutMs: timeoutMs || TOKEN_TIMEOUT_MS });
    if (answer.status < 200 || answer.status > 299) throw new Error(`${call.url} answers ${answer.status}`);
    const decoded = createJsonDecoder({}).decode(answer.body);
    const fields = Array.isArray(decoded) ? decoded[0] : decoded;
    if (!fields) throw new Error(`${call.url} answers an empty list`);
    return fields;
  }

  async function renewed(old: Token): Promise<Row> {
    const { refresh } = props;
    if (!refresh) return ask(props.access);
    try {
      const call = { url: refresh.url, ...fill('oauth.refresh', { headers: refresh.headers, body: refresh.body }, old.fields) };
      // an answer need not repeat the refresh token. @source RFC 6749, 6
      return { ...old.fields, ...(await ask(call)) };
    } catch (error) {
      ctx.log.warn({ error: messageOf(error) }, 'A token could not be refreshed; a new one is asked for.');
      return ask(props.access);
    }
  }

  async function fetchToken(old: Token | undefined): Promise<Token> {
    const fields = old ? await renewed(old) : await ask(props.access);
    const { expireSec } = props.access;
    const told = Number(fields['expires_in'] ?? 0);
    const seconds = expireSec ?? (Number.isFinite(told) ? told : 0);
    const parts = { headers: fill('headers', given.headers, fields), body: fill('body', given.body, fields) };
    return { fields, parts, sinceMs: ctx.clock.now(), goodForMs: seconds > 0 ? seconds * 1000 : Infinity };
  }

  /** All that want a token while one is fetched get that one. */
  const fetchShared = (): Promise<Token> =>
    (fetching ??= fetchToken(token)
      .then((t) => (token = t))
      .catch((error: unknown) => {
        if (typeof error === 'object' && error !== null && 'bySetting' in error) throw error;
        throw ioError(`fail to authorize by oAuth: ${messageOf(error)}`, error);
      })
      .finally(() => {
        fetching = undefined;
      }));

  async function current(): Promise<Token> {
    if (!token) return fetchShared();
    const age = Math.abs(ctx.clock.now() - token.sinceMs);
    if (age * 2 <= token.goodForMs) return token;
    if (age >= token.goodForMs) return fetchShared();
    const old = token;
    // still good: the server of tokens may be away for a while
    return fetchShared().catch((error: unknown) => {
      ctx.log.warn({ error: messageOf(error) }, 'A token could not be renewed; the one at hand is used as long as it is good.');
      return old;
    });
  }

  return {
    async send(make) {
      const used = await current();
      const answer = await make(used.parts);
      if (answer.status !== 401) return answer;
      // another call may have renewed it meanwhile
      const next = token === used ? await fetchShared() : await current();
      return make(next.parts);
    },
  };
}
