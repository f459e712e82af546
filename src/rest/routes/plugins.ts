// /plugins/{sources,sinks,functions}: lists, install, remove. Portable plugins: portables.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { type PluginKind, pluginKinds, pluginNameOf } from '../../plugin-host/index.ts';
import { checkName, type PluginAdmin, type PluginRequest } from '../../service/index.ts';
import { functionListBody, pluginBody, pluginModeBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { created, json, text } from '../reply.ts';
import { bodyObject, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function pluginRoutes(plugins: PluginAdmin, stop: (exitCode: number) => void): Route[] {
  return [...pluginKinds.flatMap((type) => nativeRoutes(type, plugins, stop)), ...functionRoutes(plugins)];
}

export function requestOf(r: RestRequest, what: string): PluginRequest {
  const body = bodyObject(r, what, pluginBody);
  const list = (member: string): Partial<Record<string, string[]>> => {
    const v = body[member];
    return Array.isArray(v) && v.length ? { [member]: v.map(String) } : {};
  };
  return { name: textMember(body, 'name', what), file: textMember(body, 'file', what), ...list('functions'), ...list('shellParas') };
}

/** eKuiper's sentence, and one more when there is something to look at. */
const keptText = (edited: readonly string[]): string =>
  edited.length > 0 ? `\nKept as edited, with the new content beside it as .new: ${edited.join(', ')}` : '';

/** What lies in the folder and is not a plugin is listed by its file's name, whatever that is. @throws NAME_INVALID for other odd names */
function listedName(type: PluginKind, r: RestRequest, plugins: PluginAdmin): string {
  const name = r.params['name']!;
  return plugins.names(type).includes(name) ? name : checkName(name);
}

function nativeRoutes(type: PluginKind, plugins: PluginAdmin, stop: (exitCode: number) => void): Route[] {
  const base = `/plugins/${type}`;
  const bad = `Invalid body: Error decoding the ${type} plugin json`;
  return [
    {
      method: 'GET',
      path: base,
      // eKuiper lists names; with details each with its versions and what is wrong with them
      handle: (r) => {
        const names = plugins.names(type);
        return json(r.query.get('details') === 'true' ? names.map((name) => plugins.describe(type, name)) : names);
      },
    },
    {
      method: 'POST',
      path: base,
      async handle(r) {
        const request = requestOf(r, bad);
        checkName(request.name);
        const { edited } = await withPrefix(`${type} plugins create command error`, () => plugins.install(type, request));
        return created(`${type} plugin ${request.name} is created${keptText(edited)}`);
      },
    },
    {
      method: 'GET',
      path: `${base}/{name}`,
      handle: (r) =>
        json(
          withPrefix(`describe ${type} plugin ${r.params['name']} error`, () => {
            return plugins.describe(type, listedName(type, r, plugins));
          }),
        ),
    },
    {
      method: 'PUT',
      path: `${base}/{name}`,
      async handle(r) {
        const name = checkName(r.params['name']!);
        const request = { ...requestOf(r, bad), name };
        // eKuiper deletes and then installs; here the old one stays when the new one cannot be installed
        const known = plugins.names(type).includes(pluginNameOf(name));
        const prefix = known ? `${type} plugins create command error` : `update ${type} plugin ${name} error, cannot delete old version`;
        const { edited } = await withPrefix(prefix, () => plugins.update(type, request));
        return text(`plugin ${name} is updated and eKuiper must restart for the change to take effect.${keptText(edited)}`);
      },
    },
    {
      method: 'DELETE',
      path: `${base}/{name}`,
      async handle(r) {
        const name = listedName(type, r, plugins);
        await withPrefix(`delete ${type} plugin ${name} error`, () => plugins.remove(type, name));
        if (r.query.get('stop') !== '1')
          return text(`${type} plugin ${name} is deleted and eKuiper must restart for the change to take effect.`);
        return { ...text(`${type} plugin ${name} is deleted and eKuiper will be stopped`), afterSent: () => stop(100) };
      },
    },
    {
      method: 'GET',
      path: `${base}/{name}/logs`,
      handle(r) {
        const name = listedName(type, r, plugins);
        const after = Number(r.query.get('after') ?? 0);
        return json(withPrefix(`logs of ${type} plugin ${name} error`, () => plugins.logs(type, name, Number.isFinite(after) ? after : 0)));
      },
    },
    {
      method: 'POST',
      path: `${base}/{name}/release`,
      async handle(r) {
        const name = checkName(r.params['name']!);
        return json(await withPrefix(`release ${type} plugin ${name} error`, () => plugins.release(type, name)));
      },
    },
    {
      method: 'PUT',
      path: `${base}/{name}/mode`,
      async handle(r) {
        const name = checkName(r.params['name']!);
        const { mode } = bodyObject(r, 'Invalid body: Error decoding the mode of a plugin', pluginModeBody);
        if (mode !== null && typeof mode !== 'string')
          throw new GatewayError('SERVICE_REFUSED', {
            text: 'mode must be trusted, contained, restricted, or null to take the decision back',
          });
        return json(await withPrefix(`mode of ${type} plugin ${name} error`, () => plugins.decide(type, name, mode ?? undefined)));
      },
    },
    {
      method: 'GET',
      path: `${base}/prebuild`,
      handle() {
        throw new GatewayError('SERVICE_MISSING', { what: 'a list of downloadable plugins (they are Go libraries)' });
      },
    },
  ];
}

function functionRoutes(plugins: PluginAdmin): Route[] {
  return [
    {
      method: 'POST',
      path: '/plugins/functions/{name}/register',
      async handle(r) {
        const name = r.params['name']!;
        withPrefix(`register functions plugin ${name} error`, () => plugins.describe('functions', name));
        const functions = bodyObject(r, 'Invalid body: Error decoding the function list', functionListBody)['functions'];
        if (!Array.isArray(functions) || functions.length === 0)
          throw new GatewayError('SERVICE_REFUSED', {
            text: `function plugins ${name} regiser functions error: property 'functions' must not be empty`,
          });
        await withPrefix(`function plugins ${name} regiser functions error`, () => plugins.registerFunctions(name, functions.map(String)));
        return text(`function plugin ${name} function list is registered`);
      },
    },
    { method: 'GET', path: '/plugins/udfs', handle: () => json([...plugins.functions().keys()].sort()) },
    {
      method: 'GET',
      path: '/plugins/udfs/{name}',
      handle: (r) =>
        json(
          withPrefix(`describe function ${r.params['name']} error`, () => {
            const plugin = plugins.functions().get(r.params['name']!);
            if (plugin === undefined) throw new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
            return { name: r.params['name'], plugin };
          }),
        ),
    },
  ];
}
