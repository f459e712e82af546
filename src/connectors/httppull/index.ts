// HTTP polling: source (each interval) and lookup table. JSON answers: an object, or an array of objects. `states` are templates' variables that a field of the
// same name in the answer renews; they are the source's checkpointed position.
import { createHash } from 'node:crypto';
import { ioError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { createDecompressor } from '../../codecs/compression.ts';
import { createJsonDecoder } from '../../codecs/json/decode.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { defineConnector } from '../../contract/connector.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import { deepEqual } from '../../data/compare.ts';
import type { Row, Value } from '../../data/value.ts';
import { createTemplateEngine } from '../../templates/index.ts';
import { createVetting, hasTemplate, printerOf } from '../../templates/rendered/index.ts';
import { checkMethodAndBody, contentTypes, createHttpClient, type HttpClient, type TlsProps, tlsOptions } from '../http-shared/client.ts';
import { createOauth, type Oauth, type OauthProps, oauthOption, parseOauth } from '../http-shared/oauth.ts';

const options: readonly OptionSpec[] = [
  {
    name: 'url',
    type: 'string',
    default: 'http://localhost',
    dynamic: 'url',
    doc: 'Address; DATASOURCE is appended. May hold a template over states, behind the host.',
  },
  { name: 'allowedHosts', type: 'string[]', doc: 'Hosts that a template in url may choose: name, name:port, *.name, or * for any.' },
  { name: 'method', type: 'string', default: 'get', doc: 'get, post, put or delete.' },
  { name: 'interval', as: 'intervalMs', type: 'duration', default: 10_000, min: 0, doc: 'Time between requests.' },
  { name: 'timeout', as: 'timeoutMs', type: 'duration', default: 5000, min: 0, doc: 'Longest time for one exchange; 0 = none.' },
  { name: 'incremental', type: 'bool', default: false, doc: 'Skip an answer that equals the one before.' },
  { name: 'body', type: 'string', default: '', doc: 'Body of the request.' },
  { name: 'bodyType', type: 'string', default: '', doc: 'none text json html xml javascript form; empty: none for get, else json.' },
  { name: 'headers', type: 'map', default: {}, doc: 'Headers.' },
  {
    name: 'responseType',
    type: 'string',
    default: 'code',
    oneOf: ['code', 'body'],
    doc: 'code: the status decides; body: the field `code` of the answer.',
    error: 'Invalid response type value {value}.',
  },
  { name: 'compression', type: 'string', default: '', doc: 'Compression of the answer: zlib gzip flate zstd.' },
  { name: 'states', type: 'map', default: {}, doc: 'Initial values of the template variables.' },
  oauthOption,
  ...tlsOptions,
];

interface PullProps extends TlsProps {
  url: string;
  method: string;
  intervalMs: number;
  timeoutMs: number;
  incremental: boolean;
  body: string;
  bodyType: string;
  headers: Record<string, string>;
  responseType: string;
  compression: string;
  states: Record<string, Value>;
  allowedHosts: string[] | undefined;
  /** Parsed: templates over a token. */
  token: OauthProps | undefined;
}

function configure(datasource: string, raw: Record<string, unknown>): PullProps {
  const props = parseOptions<PullProps>('httppull source', options, raw);
  checkMethodAndBody(props.method, props.bodyType);
  props.token = parseOauth('httppull source', raw);
  if (props.compression) createDecompressor(props.compression); // refuses an unknown name
  if (!/^https?:\/\//i.test(props.url)) throw new Error(`Invalid scheme ${/^(\w+):/.exec(props.url)?.[1] ?? props.url}`);
  if (datasource && datasource !== '/')
    props.url = props.url.replace(/\/$/, '') + (datasource.startsWith('/') ? datasource : `/${datasource}`);
  createVetting(options, { url: props.url, allowedHosts: props.allowedHosts });
  return props;
}

/** Who is asked, and where its tokens come from. */
interface Peer {
  client: HttpClient;
  oauth: Oauth | undefined;
}

function peerOf(props: PullProps, ctx: ConnectorContext): Peer {
  const client = createHttpClient(props, ctx.network?.enablePrivateNet ?? false);
  return { client, oauth: props.token && createOauth(props.token, props, props.timeoutMs, client, ctx) };
}

/** @returns the rows and a hash of the answer */
async function fetchRows(
  { client, oauth }: Peer,
  props: PullProps,
  url: string,
  signal: AbortSignal,
): Promise<{ rows: Row[]; hash: string }> {
  const bodyType = (props.bodyType || (props.method.toLowerCase() === 'get' ? 'none' : 'json')).toLowerCase();
  const send = (own: { headers: Record<string, string>; body: string }) => {
    const headers: Record<string, string> = {};
    if (contentTypes[bodyType]) headers['content-type'] = contentTypes[bodyType];
    for (const [k, v] of Object.entries(own.headers)) headers[k.toLowerCase()] = String(v);
    const body = bodyType === 'none' ? {} : { body: own.body };
    return client.send({ method: props.method, url, headers, timeoutMs: props.timeoutMs, ...body }, signal);
  };
  const response = await (oauth ? oauth.send(send) : send(props));
  if (response.status < 200 || response.status > 299) throw ioError(`response code error: ${response.status}`);
  let body: Uint8Array = response.body;
  if (props.compression) {
    if (!response.headers['content-encoding'])
      throw rowError('the answer has no Content-Encoding, though compression is set', 'DECODE_FAILED');
    body = createDecompressor(props.compression)(body);
  }
  const rows = createJsonDecoder({}).decode(body);
  const list = Array.isArray(rows) ? rows : [rows];
  if (props.responseType.toLowerCase() === 'body') {
    const code = list[0]?.['code'];
    if (typeof code !== 'number' || code < 200 || code > 299) throw rowError(`response body error: code ${String(code)}`);
  }
  return { rows: list, hash: createHash('md5').update(body).digest('hex') };
}

const engineOf = (ctx: ConnectorContext) =>
  createTemplateEngine({ now: () => ctx.clock.now(), timeZone: 'UTC', property: () => undefined, toJson: encodeJson });

export default defineConnector({
  name: 'httppull',
  source: {
    kind: 'source',
    name: 'httppull',
    payload: 'rows',
    shareable: true,
    options,
    doc: 'Asks an HTTP server at an interval.',
    create() {
      let props: PullProps;
      let peer: Peer | undefined;
      let stop: AbortController | undefined;
      let states: Record<string, Value> = {};
      return {
        configure(datasource, raw) {
          props = configure(datasource, raw);
          states = { ...props.states };
        },
        open(ctx, emit, fail) {
          peer = peerOf(props, ctx);
          stop = new AbortController();
          const { signal } = stop;
          const { url: configured } = props;
          const render = hasTemplate(configured) ? engineOf(ctx).compile(configured, printerOf('url')) : undefined;
          const vet = createVetting(options, { url: configured, allowedHosts: props.allowedHosts });
          // states are what the peer answered: they choose no host and no other path
          const url = (values: Record<string, Value>) => (render ? String(vet({ url: render(values) })['url']) : configured);
          let lastHash = '';
          const run = async () => {
            for (;;) {
              try {
                const { rows, hash } = await fetchRows(peer!, props, url(states), signal);
                ctx.status('connected');
                if (!props.incremental || hash !== lastHash) {
                  lastHash = hash;
                  for (const row of rows) for (const k of Object.keys(states)) if (row[k] !== undefined) states[k] = row[k];
                  await emit(rows);
                }
              } catch (error) {
                if (signal.aborted) return;
                ctx.status('disconnected', messageOf(error));
                ctx.dropped(1, messageOf(error));
              }
              if (props.intervalMs <= 0) return;
              await ctx.clock.sleep(props.intervalMs, signal);
            }
          };
          run().catch((error) => {
            if (!signal.aborted) fail(error as Error);
          });
        },
        close() {
          stop?.abort(new Error('httppull closed'));
          peer?.client.close();
          peer = undefined;
        },
        offset: () => states,
        resetOffset(values) {
          const unknown = Object.keys(values).filter((k) => !(k in states));
          if (unknown.length) throw new Error(`states has no ${unknown.join(', ')}`);
          states = { ...states, ...(values as Record<string, Value>) };
        },
        rewind(saved) {
          if (typeof saved === 'object' && saved !== null) states = { ...states, ...(saved as Record<string, Value>) };
        },
      };
    },
  },
  lookup: {
    kind: 'lookup',
    name: 'httppull',
    options,
    doc: 'Asks an HTTP server at every lookup; rows whose keys are equal match.',
    create() {
      let props: PullProps;
      let peer: Peer | undefined;
      return {
        configure(datasource, raw) {
          props = configure(datasource, raw);
        },
        open(ctx) {
          peer = peerOf(props, ctx);
        },
        async lookup(ctx, fields, keys, values) {
          const { rows } = await fetchRows(peer!, props, props.url, ctx.signal);
          const hits = rows.filter((row) => keys.every((k, i) => deepEqual(row[k], values[i] as Value)));
          return fields.length === 0
            ? hits
            : hits.map((r) => Object.fromEntries(fields.filter((f) => r[f] !== undefined).map((f) => [f, r[f]])));
        },
        close() {
          peer?.client.close();
          peer = undefined;
        },
      };
    },
  },
});
