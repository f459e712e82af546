// `kuiper plugin describe`: what a plugin is, for people: state, versions, options, functions.
import { CliError } from '../cli-error.ts';
import { type Command, encode, rephrase } from '../command.ts';
import type { ShownPlugin } from '../plugin-faults.ts';
import { pluginPath } from '../plugin-type.ts';

interface Form {
  about: { description: { en: string } };
  properties: Property[] | { default: Property[] };
}
interface Property {
  name: string;
  default: unknown;
  optional: boolean;
  type: string;
  hint: { en: string };
}

export const pluginDescribe: Command = {
  name: 'plugin describe',
  usage: 'plugin describe source|sink|function NAME',
  doc: 'Show what a plugin is: state, versions, options, functions, and what is wrong with it.',
  exits: true,
  async run({ args: [type, name], client, tell }) {
    const path = pluginPath(type);
    if (!name) throw new CliError('Expect plugin type and name.', 'usage');
    const plugin = await rephrase(
      '',
      (cause) => `Describe plugin error: ${cause.split(': ').at(-1)}`,
      () => client.json<ShownPlugin & { functions?: string[]; lateErrors?: number; lastError?: string }>('GET', `${path}/${encode(name)}`),
    );
    const out = [`${type} ${plugin.name}${plugin.version ? ` ${plugin.version}` : ''}: ${plugin.state}`];
    if (plugin.note) out.push(`  note: ${plugin.note}`);
    if (plugin.lateErrors) out.push(`  late errors: ${plugin.lateErrors}, the last one: ${plugin.lastError}`);
    for (const v of plugin.versions)
      out.push(`  ${v.version || '(no version)'}  ${v.state}  ${v.file}${v.reason ? `\n    ${v.reason}` : ''}`);
    if (plugin.functions) out.push(`  functions: ${plugin.functions.join(', ')}`);
    if (type !== 'function' && plugin.state === 'running') {
      const form = await client.json<Form>('GET', `/metadata/${type}s/${encode(plugin.name)}`);
      const options = Array.isArray(form.properties) ? form.properties : form.properties.default;
      out.push(`  ${form.about.description.en}`);
      for (const o of options) {
        const fallback = o.default === '' || o.default === undefined ? '' : `, default ${JSON.stringify(o.default)}`;
        out.push(`  option ${o.name} (${o.type}${o.optional ? '' : ', required'}${fallback}): ${o.hint.en}`);
      }
    }
    tell(plugin, out);
  },
};
