// Posts each result to an HTTP address, signed when a secret is given (`X-Signature-256: sha256=<hex>` over the body, as GitHub does it). An answer that says
// "never" (4xx but 408, 425, 429) discards the row; everything else is tried again by the gateway.
import { createHmac } from 'node:crypto';
import { defineSink, finalError } from '@kuiper-gateway/plugin';

export const Webhook = defineSink({
  doc: 'Posts results as JSON to an HTTP address.',
  options: {
    url: { type: 'string', doc: 'Where to post.', required: true },
    method: { type: 'string', doc: 'HTTP method.', default: 'POST', oneOf: ['POST', 'PUT', 'PATCH'] },
    headers: { type: 'object', doc: 'Further headers.' },
    secret: { type: 'string', doc: 'Key of the signature.', secret: true },
    timeout: { type: 'duration', doc: 'Longest wait for an answer.', default: '10s', min: 1 },
  },
  create() {
    let url: URL;
    let method = 'POST';
    let headers: Record<string, string> = {};
    let secret: string | undefined;
    let timeoutMs = 10_000;
    return {
      configure({ options }) {
        if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
          throw new Error(`option url: "${options.url}" is not an address such as https://host/path`);
        url = new URL(options.url);
        ({ method, secret } = options);
        timeoutMs = options.timeout;
        headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([k, v]) => [k, String(v)]));
      },
      async collect(ctx, data) {
        const body = JSON.stringify(data, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
        const answer = await fetch(url, {
          method,
          body,
          headers: {
            'Content-Type': 'application/json',
            ...(secret ? { 'X-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` } : {}),
            ...headers,
          },
          redirect: 'error',
          signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)]),
        });
        const text = (await answer.text()).slice(0, 200);
        if (answer.ok) return;
        const problem = `${url.host} answered ${answer.status}${text ? `: ${text}` : ''}`;
        if (answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status)) throw finalError(problem);
        throw new Error(problem);
      },
    };
  },
});
