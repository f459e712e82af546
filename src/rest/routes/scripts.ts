// /udf/javascript: functions of JavaScript. Texts are eKuiper's.
import type { Script } from '../../extensions/index.ts';
import { checkName, type Service } from '../../service/index.ts';
import { scriptBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function scriptRoutes(scripts: Service['scripts']): Route[] {
  const scriptOf = (r: RestRequest, what: string): Script => {
    const body = bodyObject(r, what, scriptBody);
    const member = (name: string) => textMember(body, name, what);
    return { id: member('id'), description: member('description'), script: member('script'), isAgg: body['isAgg'] === true };
  };
  return [
    { method: 'GET', path: '/udf/javascript', handle: () => json(scripts.list()) },
    {
      method: 'POST',
      path: '/udf/javascript',
      async handle(r) {
        const script = scriptOf(r, 'Invalid body: Error decoding the new javascript function json');
        checkName(script.id);
        await withPrefix('javascript function create command error', () => scripts.create(script));
        return created(`javascript function ${script.id} is created`);
      },
    },
    {
      method: 'GET',
      path: '/udf/javascript/{id}',
      handle(r) {
        const id = checkName(r.params['id']!);
        return json(withPrefix(`describe javascript function ${id} error`, () => scripts.get(id)));
      },
    },
    {
      method: 'PUT',
      path: '/udf/javascript/{id}',
      async handle(r) {
        const id = checkName(r.params['id']!);
        const given = scriptOf(r, 'Invalid body: Error decoding the javascript function json');
        const script = { ...given, id: checkName(given.id || id) };
        await withPrefix('javascript function update command error', () => scripts.put(script));
        return text(`javascript function ${script.id} is updated`);
      },
    },
    {
      method: 'DELETE',
      path: '/udf/javascript/{id}',
      async handle(r) {
        const id = checkName(r.params['id']!);
        await withPrefix(`delete javascript function ${id} error`, () => scripts.delete(id));
        return text(`javascript function ${id} is deleted`);
      },
    },
  ];
}
