// Sink that sends each payload by HTTP. A status of 2xx is delivery. 408, 429, 503 and a peer that is away make everything wait; another 5xx is a
// failure on this row, which is tried again and set aside when others are taken; other statuses are final.
import { randomUUID } from 'node:crypto';
import { answeredError, ioError, rowError } from '../../base/errors/gateway-error.ts';
import { defineConnector } from '../../contract/connector.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import { createVetting, type Vet } from '../../templates/rendered/index.ts';
import { checkMethodAndBody, contentTypes, createHttpClient, type HttpClient, type TlsProps, tlsOptions } from '../http-shared/client.ts';
import { createOauth, type Oauth, type OauthProps, oauthOption, parseOauth } from '../http-shared/oauth.ts';

const options: readonly OptionSpec[] = [
  { name: 'url', type: 'string', default: 'http://localhost', dynamic: 'url', doc: 'Address; may hold a template behind the host.' },
  { name: 'method', type: 'string', default: 'get', dynamic: 'http-method', doc: 'get, post, put or delete.' },
  {
    name: 'bodyType',
    type: 'string',
    default: '',
    dynamic: 'body-type',
    doc: 'none text json html xml javascript form binary formdata; empty: none for get, else json.',
  },
  {
    name: 'allowedHosts',
    type: 'string[]',
    doc: 'Hosts that a template in url may choose: name, name:port, *.name, or * for any. Without it the host must come before the first template in url.',
    example: ['*.plant.example'],
  },
  { name: 'format', type: 'string', default: 'json', doc: 'Format of the payload.' },
  { name: 'headers', type: 'map', default: {}, dynamic: 'headers', doc: 'Headers; values may hold templates.' },
  { name: 'formData', type: 'map', default: {}, dynamic: 'form-fields', doc: 'Further fields of bodyType formdata.' },
  { name: 'fileFieldName', type: 'string', default: '', doc: 'Field of formdata that carries the payload as a file.' },
  { name: 'timeout', as: 'timeoutMs', type: 'duration', default: 5000, min: 0, doc: 'Longest time for one exchange; 0 = none.' },
  {
    name: 'responseType',
    type: 'string',
    default: 'code',
    oneOf: ['code', 'body'],
    doc: 'code: the status decides; body: the field `code` of a JSON answer.',
    error: 'Invalid response type value {value}.',
  },
  { name: 'debugResp', type: 'bool', default: false, doc: 'Log the answer.' },
  oauthOption,
  ...tlsOptions,
];

interface RestProps extends TlsProps {
  url: string;
  method: string;
  bodyType: string;
  format: string;
  headers: Record<string, string>;
  formData: Record<string, string>;
  fileFieldName: string;
  timeoutMs: number;
  responseType: string;
  debugResp: boolean;
}

/** Statuses that say that the peer takes nothing now; other 5xx say that it failed on this request, and the rest that it does not want it. */
const AWAY: ReadonlySet<number> = new Set([408, 429, 503]);

function failure(status: number, text: string): Error {
  if (AWAY.has(status)) return ioError(text);
  return status >= 500 ? answeredError(text) : rowError(text);
}

export default defineConnector({
  name: 'rest',
  sink: {
    kind: 'sink',
    name: 'rest',
    payload: 'bytes',
    maxInFlight: 1,
    resendProperty: 'url',
    replaces(raw) {
      // a put or delete of an address replaces what was put there before
      const fixed = String(raw['method'] ?? '').toLowerCase();
      const url = String(raw['url'] ?? '');
      if (!fixed.includes('{{') && fixed !== 'put' && fixed !== 'delete') return undefined;
      return (_data, dynamic) => {
        const method = String(dynamic?.['method'] ?? fixed).toLowerCase();
        return method === 'put' || method === 'delete' ? [String(dynamic?.['url'] ?? url)] : [];
      };
    },
    fills: (raw) => (parseOauth('rest sink', raw) ? ['headers'] : []),
    options,
    doc: 'Sends results by HTTP.',
    create() {
      let props: RestProps;
      let client: HttpClient | undefined;
      let oauthProps: OauthProps | undefined;
      let oauth: Oauth | undefined;
      let vet: Vet;
      /** Of payloads that the runtime compressed. */
      let encoding = '';
      const isTemplate = (t: string) => t.includes('{{');
      return {
        configure(raw) {
          props = parseOptions<RestProps>('rest sink', options, raw);
          oauthProps = parseOauth('rest sink', raw);
          // with a token, headers are its templates: rows have no part in them
          vet = createVetting(oauthProps ? options.filter((o) => o.name !== 'headers') : options, raw);
          const compression = Object.entries(raw).find(([k]) => k.toLowerCase() === 'compression')?.[1];
          encoding = compression === 'gzip' || compression === 'zstd' ? compression : '';
          if (!isTemplate(props.method)) checkMethodAndBody(props.method, isTemplate(props.bodyType) ? '' : props.bodyType);
          if (!/^https?:\/\//i.test(props.url) && !isTemplate(props.url))
            throw new Error(`Invalid url ${props.url}: it must begin with http:// or https://`);
          const need = { json: 'json', form: 'urlencoded' }[props.bodyType.toLowerCase()];
          if (need && props.format.toLowerCase() !== need) throw new Error(`format must be ${need} if bodyType is ${props.bodyType}`);
        },
        open(ctx) {
          client = createHttpClient(props, () => ctx.network?.enablePrivateNet ?? false);
          oauth = oauthProps && createOauth(oauthProps, { headers: props.headers, body: '' }, props.timeoutMs, client, ctx);
          ctx.status('connected');
        },
        async collect(ctx, data, given) {
          const dynamic = vet(given);
          const of = <T>(name: string, fallback: T): T => (dynamic[name] === undefined ? fallback : (dynamic[name] as T));
          const method = String(of('method', props.method)).toLowerCase();
          const bodyType = (String(of('bodyType', props.bodyType)) || (method === 'get' ? 'none' : 'json')).toLowerCase();
          checkMethodAndBody(method, bodyType);
          const url = String(of('url', props.url));
          const headers: Record<string, string> = {};
          const type = contentTypes[bodyType];
          if (type) headers['content-type'] = type;
          if (encoding) headers['content-encoding'] = encoding;
          let body: string | Uint8Array | undefined = bodyType === 'none' ? undefined : (data as string | Uint8Array);
          if (bodyType === 'formdata') {
            const boundary = `kuiper-${randomUUID()}`;
            headers['content-type'] = `multipart/form-data; boundary=${boundary}`;
            body = formBody(boundary, of('formData', props.formData), props.fileFieldName, data as string | Uint8Array);
          }
          const send = (own: Record<string, string>) => {
            for (const [k, v] of Object.entries(own)) headers[k.toLowerCase()] = headerText(String(v));
            const request = { method, url, headers, timeoutMs: props.timeoutMs, ...(body === undefined ? {} : { body }) };
            return client!.send(request, ctx.signal).catch((error: unknown) => {
              // an address that the row chose: no other row has to wait for it
              if (dynamic['url'] !== undefined && error instanceof Error) Object.assign(error, { bySetting: undefined });
              throw error;
            });
          };
          const response = await (oauth ? oauth.send((parts) => send(parts.headers)) : send(of('headers', props.headers)));
          if (props.debugResp) ctx.log.info({ status: response.status, body: response.body.toString().slice(0, 1000) }, 'rest sink answer');
          const problem = checkResponse(response.status, response.body, props.responseType);
          if (!problem) return;
          const text = `parse response error: ${problem} | method=${method} path="${url}" status=${response.status} response_body="${response.body.toString().slice(0, 200)}"`;
          // a new token was not taken either: it is tried again, and set aside when others are taken
          throw oauth && response.status === 401 ? answeredError(text) : failure(response.status, text);
        },
        close() {
          client?.close();
          client = undefined;
          oauth = undefined;
        },
      };
    },
  },
});

/** @returns '' when the answer means success */
export function checkResponse(status: number, body: Buffer, responseType: string): string {
  if (status < 200 || status > 299) return `response code error: ${status}`;
  if (responseType.toLowerCase() !== 'body') return '';
  try {
    const code = (JSON.parse(body.toString()) as { code?: unknown }).code;
    return typeof code === 'number' && code >= 200 && code <= 299 ? '' : `response body error: code ${String(code)}`;
  } catch (error) {
    return `response body error: decode fail for ${(error as Error).message}`;
  }
}

/** UTF-8 goes out byte for byte, as from Go. */
const headerText = (text: string): string => (/[\u0080-\uffff]/.test(text) ? Buffer.from(text).toString('latin1') : text);

function formBody(boundary: string, fields: Record<string, string>, fileField: string, data: string | Uint8Array): Buffer {
  const safe = (s: string) => s.replace(/["\r\n]/g, '_');
  const parts: Buffer[] = [];
  for (const [k, v] of Object.entries(fields))
    parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${safe(k)}"\r\n\r\n${String(v)}\r\n`));
  const field = safe(fileField || 'data');
  parts.push(
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${field}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    Buffer.from(data),
    Buffer.from('\r\n'),
  );
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(parts);
}
