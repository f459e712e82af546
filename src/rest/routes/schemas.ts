// /schemas: registry of schemas of formats.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkName, type SchemaRegistry } from '../../service/index.ts';
import { schemaBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { isMultipart, readMultipart } from '../multipart.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function schemaRoutes(schemas: SchemaRegistry): Route[] {
  const read = (r: RestRequest, name?: string) => {
    const what = 'Invalid body: Error decoding schema json';
    const body = bodyObject(r, what, schemaBody);
    const request = {
      name: textMember(body, 'name', what) || (name ?? ''),
      content: textMember(body, 'content', what),
      file: textMember(body, 'file', what),
      version: textMember(body, 'version', what),
    };
    const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `Invalid body: ${why}` });
    checkName(request.name);
    if (name !== undefined && request.name !== name) throw refuse('name mismatch');
    if (request.content && request.file) throw refuse('Cannot specify both content and file');
    if (!request.content && !request.file) throw refuse('must specify content or file');
    return request;
  };
  return [
    { method: 'GET', path: '/schemas/{type}', handle: async (r) => json(await schemas.list(r.params['type']!)) },
    {
      method: 'POST',
      path: '/schemas/{type}',
      async handle(r) {
        const type = r.params['type']!;
        const request = read(r);
        await withPrefix('schema create command error', () => schemas.create(type, request));
        return created(`${type} schema ${request.name} is created`);
      },
    },
    { method: 'GET', path: '/schemas/{type}/{name}', handle: (r) => json(schemas.describe(r.params['type']!, r.params['name']!)) },
    {
      method: 'PUT',
      path: '/schemas/{type}/{name}',
      async handle(r) {
        const { type, name } = r.params as { type: string; name: string };
        const request = read(r, name);
        await withPrefix('schema update command error', () => schemas.replace(type, request));
        return text(`${type} schema ${name} is updated`);
      },
    },
    {
      method: 'PUT',
      path: '/schemas/{type}/{name}/upload',
      async handle(r) {
        const { type, name } = r.params as { type: string; name: string };
        const refuse = (message: string, status = 400) => json({ error: 1000, message }, status);
        if (!isMultipart(r)) return refuse(`Invalid content type: ${r.headers['content-type'] ?? ''}`, 415);
        try {
          const form = await readMultipart(r, 'Invalid multipart body');
          const { content } = await form.file('file');
          const existed = (await schemas.list(type)).includes(name);
          const version = form.text('version') ?? '';
          await withPrefix('schema upsert error', () =>
            schemas.replace(type, { name: checkName(name), content: new TextDecoder().decode(content), version }),
          );
          return { ...json({ type, name }, existed ? 200 : 201), headers: { Location: `/schemas/${type}/${name}` } };
        } catch (error) {
          return refuse(messageOf(error));
        }
      },
    },
    {
      method: 'DELETE',
      path: '/schemas/{type}/{name}',
      async handle(r) {
        const { type, name } = r.params as { type: string; name: string };
        await withPrefix(`delete ${type} schema ${name} error`, () => schemas.delete(type, name));
        return text(`${type} schema ${name} is deleted`);
      },
    },
  ];
}
