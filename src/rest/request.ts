// One REST call as routes see it: matched path parameters, query, body as text or JSON.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** Values of `{name}` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export function bodyText(request: RestRequest): string {
  return new TextDecoder().decode(request.body);
}

/** The body as a JSON object (missing members absent). @param what how eKuiper begins the message
 *  @throws GatewayError REST_BODY: no JSON, or not an object */
export function bodyObject(request: RestRequest, what: string): Record<string, unknown> {
  const value = bodyJson(request, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayError('REST_BODY', {
      what,
      problem: `expected a JSON object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`,
    });
  return value as Record<string, unknown>;
}

export function bodyJson(request: RestRequest, what: string): unknown {
  return parseJson(bodyText(request), what);
}

/** @throws GatewayError REST_BODY with the place of the fault */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GatewayError('REST_BODY', { what, problem: text.trim() === '' ? 'EOF: the body is empty, expected JSON' : messageOf(error) });
  }
}

/** @returns '' when absent  @throws GatewayError REST_BODY when it is not text */
export function textMember(object: Readonly<Record<string, unknown>>, name: string, what: string): string {
  const value = object[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string')
    throw new GatewayError('REST_BODY', { what, problem: `${name}: expected a text, got ${JSON.stringify(value)}` });
  return value;
}
