// The description of REST as OpenAPI 3.1, made of the router's table, operations.ts, and the declarations of options. Served by GET /openapi.json; printed as
// docs/reference/rest.md by `make docs`.
import { catalogue } from '../../base/errors/catalogue/index.ts';
import type { ConnectorDefinition } from '../../contract/connector.ts';
import { sinkOptionsOf, sourceOptionsOf } from '../../runtime/index.ts';
import { STRICT_HEADER, WARNINGS_HEADER } from '../dispatch.ts';
import type { Route } from '../router.ts';
import type { Answer, Operation } from './operation.ts';
import { operationGroups } from './operations.ts';
import { objectSchema, type Schema, schemaOf } from './schema-of.ts';

export interface DocumentParts {
  version: string;
  routes: readonly Route[];
  connectors: readonly ConnectorDefinition[];
}

/** Statuses that any route may answer, with why. */
const COMMON: Readonly<Record<number, string>> = {
  400: 'The call is wrong; the message says where, what and how to cure it.',
  401: 'No token, or a wrong one.',
  403: 'The caller may not do this.',
  404: 'There is nothing of this name or path.',
  405: 'The path has no such method.',
  413: 'The body is too long.',
  429: 'Too many wrong tokens.',
  503: 'Too much is being read; try again.',
};

/** Statuses of error codes, but for faults of the gateway. */
const ofCodes = [...new Set(Object.values(catalogue).map((e) => e.httpStatus ?? 400))].filter((s) => s < 500);

const schemas: Readonly<Record<string, Schema>> = {
  Error: {
    type: 'object',
    properties: {
      error: { type: 'integer', description: "eKuiper's number of the kind of error." },
      message: { type: 'string', description: 'What is wrong; further lines give place and hint.' },
    },
    required: ['error', 'message'],
  },
  Names: { type: 'array', items: { type: 'string' } },
};

const JSON_TYPE = 'application/json';
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function contentOf(answer: Answer): Schema | undefined {
  if (typeof answer === 'object') return { [JSON_TYPE]: { schema: answer.schema } };
  switch (answer) {
    case 'none':
      return undefined;
    case 'text':
    case 'created':
      return { 'text/plain': { schema: { type: 'string' } } };
    case 'file':
      return { 'application/octet-stream': { schema: { type: 'string', contentEncoding: 'binary' } } };
    case 'events':
      return { 'text/event-stream': { schema: { type: 'string' } } };
    case 'names':
      return { [JSON_TYPE]: { schema: ref('Names') } };
    case 'list':
      return { [JSON_TYPE]: { schema: { type: 'array' } } };
    case 'any':
      return { [JSON_TYPE]: { schema: {} }, 'text/plain': { schema: { type: 'string' } } };
    default:
      return { [JSON_TYPE]: { schema: { type: 'object' } } };
  }
}

function requestBody({ body, form }: Operation): Schema | undefined {
  if (!body && !form) return undefined;
  const json = body ? ('schema' in body ? body.schema : objectSchema(body)) : undefined;
  const file = form && {
    type: 'object',
    properties: { [form]: { type: 'string', contentMediaType: 'application/octet-stream', description: 'The file.' } },
    required: [form],
  };
  return {
    required: true,
    content: { ...(json ? { [JSON_TYPE]: { schema: json } } : {}), ...(file ? { 'multipart/form-data': { schema: file } } : {}) },
  };
}

function operationOf(method: string, path: string, tag: string, o: Operation): Schema {
  const body = requestBody(o);
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map((m) => ({ name: m[1], in: 'path', required: true, schema: { type: 'string', minLength: 1 } })),
    ...(o.query ?? []).map((q) => ({ name: q.name, in: 'query', required: false, description: q.doc, schema: schemaOf(q) })),
    ...(body ? [{ $ref: '#/components/parameters/Strict' }] : []),
  ];
  const content = contentOf(o.answer);
  const ok = o.ok ?? (o.answer === 'created' ? 201 : 200);
  const responses: Record<string, unknown> = {
    [ok]: {
      description: o.answer === 'none' ? 'Done.' : 'The answer.',
      headers: { [WARNINGS_HEADER]: { $ref: '#/components/headers/Warnings' } },
      ...(content ? { content } : {}),
    },
  };
  for (const status of new Set([...Object.keys(COMMON).map(Number), ...ofCodes]))
    responses[status] = { $ref: `#/components/responses/Status${status}` };
  for (const [status, description] of Object.entries(o.also ?? {})) responses[status] = { description };
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_m, c: string) => c.toUpperCase())}` || 'root',
    summary: o.summary,
    tags: [tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses,
  };
}

/** Routes that no line describes; a test holds that there are none. */
export function undescribed(routes: readonly Route[]): string[] {
  const known = new Set(Object.values(operationGroups).flatMap((g) => Object.keys(g)));
  return routes.map((r) => `${r.method} ${r.path}`).filter((key) => !known.has(key));
}

export function openApiDocument({ version, routes, connectors }: DocumentParts): Schema {
  const there = new Set(routes.map((r) => `${r.method} ${r.path}`));
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [tag, group] of Object.entries(operationGroups))
    for (const [key, operation] of Object.entries(group)) {
      if (!there.has(key)) continue;
      const [method, path] = key.split(' ') as [string, string];
      (paths[path] ??= {})[method.toLowerCase()] = operationOf(method, path, tag, operation);
    }
  const statuses = [...new Set([...Object.keys(COMMON).map(Number), ...ofCodes])].sort();
  const components: Record<string, Schema> = { ...schemas };
  for (const d of connectors) {
    const name = d.name.replace(/[^A-Za-z0-9]/g, '_');
    const source = d.source || d.lookup ? sourceOptionsOf(d) : undefined;
    const sink = d.sink ? sinkOptionsOf(d) : undefined;
    if (source) components[`source_${name}`] = objectSchema(source, `Properties of source ${d.name}.`);
    if (sink) components[`sink_${name}`] = objectSchema(sink, `Properties of sink ${d.name}.`);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kuiper Gateway',
      version,
      description:
        'Names count in any letter case. A name that nothing takes is accepted and told in the header Kuiper-Warnings, or refused with Kuiper-Strict: true.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { token: [] }],
    tags: Object.keys(operationGroups).map((name) => ({ name })),
    paths,
    components: {
      schemas: components,
      parameters: {
        Strict: {
          name: 'Kuiper-Strict',
          in: 'header',
          required: false,
          description: `${STRICT_HEADER}: what would have no effect is refused.`,
          schema: { type: 'string', enum: ['true', 'false'] },
        },
      },
      headers: { Warnings: { description: 'What of the call has no effect: a JSON list of sentences.', schema: { type: 'string' } } },
      responses: Object.fromEntries(
        statuses.map((status) => [
          `Status${status}`,
          {
            description: COMMON[status] ?? 'The call is wrong; the message says why.',
            content: { [JSON_TYPE]: { schema: ref('Error') }, 'text/plain': { schema: { type: 'string' } } },
          },
        ]),
      ),
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'A token of etc/mgmt, or a JWT.' } },
    },
  };
}
