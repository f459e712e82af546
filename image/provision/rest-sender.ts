// Requests to the gateway of this device: plain on loopback, TLS with the device's token when remote access is on.
import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Send } from './content.ts';

/** @param token undefined: REST is on loopback without TLS */
export function restSender(token: string | undefined): Send {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const place = { host: '127.0.0.1', port: 9081, method, path, headers, timeout: 30_000 };
      const request = token ? requestTls({ ...place, ca: readFileSync('/var/lib/kuiper-device/tls.crt') }) : requestPlain(place);
      request.once('error', reject);
      request.once('timeout', () => request.destroy(new Error('the gateway did not answer within 30 s')));
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.once('error', reject);
      });
      request.end(JSON.stringify(body));
    });
}
