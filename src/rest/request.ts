// One REST call as routes see it: matched path parameters, query, body as text or JSON.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { OptionSpec } from '../contract/props.ts';
import { settle, type Told } from '../contract/told.ts';
import { inOurSpelling, untaken } from '../contract/untaken.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** Values of `{name}` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** What of the request has no effect; sent back with the answer (dispatch.ts). */
  readonly told: Told;
}

export function bodyText(request: RestRequest): string {
  return new TextDecoder().decode(request.body);
}

/** The body as a JSON object (missing members absent), with names in the spelling of their declaration.
 *  @param what how eKuiper begins the message  @param members that it may have
 *  @throws GatewayError REST_BODY: no JSON, or not an object; OPTION_IGNORED for a strict caller */
export function bodyObject(request: RestRequest, what: string, members: readonly OptionSpec[]): Record<string, unknown> {
  const body = looseObject(request, what);
  const { told, refused } = untaken('Member', 'the body', members, body);
  if (refused.length > 0) throw new GatewayError('REST_BODY', { what, problem: refused.join('; ') });
  request.told.warnings.push(...told);
  settle(request.told);
  return inOurSpelling(members, body);
}

/** A body whose names the caller chooses (properties). */
export function looseObject(request: RestRequest, what: string): Record<string, unknown> {
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
