// Writes docs/reference/ from the declarations: a page for each connector, rule options, settings, REST. `make docs` runs it; a test compares.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absentSettings } from '../src/config/absent-settings.ts';
import { settingSpecs } from '../src/config/setting-specs.ts';
import { connectors } from '../src/connectors/index.ts';
import { type OptionSpec, rangeOf } from '../src/contract/props.ts';
import { operationGroups } from '../src/rest/openapi/operations.ts';
import { commonSinkOptions, commonSourceOptions, ruleOptionSpecs } from '../src/runtime/index.ts';

export const REFERENCE_FOLDER = join(import.meta.dirname, '../docs/reference');
const WRITTEN = 'Written by `make docs` from the declarations that the gateway parses by; do not edit.';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
const shown = (value: unknown): string => (value === undefined || value === '' ? '' : `\`${cell(JSON.stringify(value))}\``);

function rowsOf(specs: readonly OptionSpec[], path = ''): string[] {
  return specs.flatMap((s) => {
    const marks = [
      s.required ? 'required' : '',
      s.secret ? 'secret' : '',
      s.dynamic ? 'may hold a template' : '',
      s.aliases?.length ? `also ${s.aliases.join(', ')}` : '',
    ].filter(Boolean);
    const range = s.oneOf ? rangeOf(s) : rangeOf(s) && `${rangeOf(s)}${s.type === 'duration' ? ' ms' : ''}`;
    const effect = s.absent ? ` Not supported: ${s.absent}.` : s.noEffect ? ` No effect: ${s.noEffect}.` : '';
    const text = `${s.doc}${marks.length ? ` (${marks.join('; ')})` : ''}${effect}${s.example === undefined ? '' : ` Example: ${shown(s.example)}`}`;
    const own = `| \`${path}${s.name}\` | ${s.type.replace('[]', ' list')} | ${shown(s.default)} | ${cell(range)} | ${cell(text.replaceAll('\\|', '|'))} |`;
    return [own, ...(s.fields ? rowsOf(s.fields, `${path}${s.name}.`) : [])];
  });
}

const HEAD = ['| Name | Type | Default | Allowed | What it does |', '|---|---|---|---|---|'];
const table = (specs: readonly OptionSpec[]): string[] =>
  specs.length > 0 ? [...HEAD, ...rowsOf(specs)] : ['It has no properties of its own.'];

/** File name → text. */
export async function referencePages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const add = (name: string, title: string, lines: readonly string[]) =>
    pages.set(name, `${[`# ${title}`, '', WRITTEN, '', ...lines].join('\n')}\n`);
  const list: string[] = [];
  for (const entry of connectors) {
    const d = await entry.load();
    const parts = (['source', 'lookup', 'sink', 'connection'] as const).flatMap((part) => {
      const p = d[part];
      if (!p) return [];
      const doc = 'doc' in p ? p.doc : 'Properties of a named connection of this type.';
      return [`## As ${part === 'lookup' ? 'lookup table' : part}`, '', doc, '', ...table(p.options), ''];
    });
    const also = 'Every source takes the properties of [all sources](sources.md), every sink those of [all sinks](sinks.md).';
    add(`connector-${entry.name}.md`, `Connector ${entry.name}`, [...parts, also]);
    list.push(`- [${entry.name}](connector-${entry.name}.md): ${entry.offers.join(', ')}`);
  }
  add('sources.md', 'Properties of all sources and lookup tables', table(commonSourceOptions));
  add('sinks.md', 'Properties of all sinks', table(commonSinkOptions));
  add('rules.md', 'Options of rules', [
    'Defaults may be set below `rule` in kuiper.yaml. [Rules](../rules.md) says what they are for.',
    '',
    ...table(ruleOptionSpecs),
  ]);
  add('settings.md', 'Settings', [
    'Keys of etc/kuiper.yaml. Every key can be set by the environment: `KUIPER__BASIC__RESTPORT=9082`.',
    '',
    '| Key | Type | Default | Allowed | What it does |',
    '|---|---|---|---|---|',
    ...settingSpecs.map(
      (s) =>
        `| \`${s.path}\` | ${s.type} | ${s.secret ? '' : shown(s.default)} | ${cell(s.oneOf?.join(', ') ?? rangeOf(s))} | ${cell(s.doc)} |`,
    ),
    '',
    '## Keys of eKuiper that have no effect',
    '',
    'They are named at the start when they ask for something.',
    '',
    '| Key | Why |',
    '|---|---|',
    ...absentSettings.map((s) => `| \`${s.path}\` | ${cell(s.why)} |`),
  ]);
  add(
    'rest.md',
    'REST',
    ['`GET /openapi.json` gives the same as OpenAPI 3.1, with bodies, answers and errors.', ''].concat(
      Object.entries(operationGroups).flatMap(([tag, group]) => [
        `## ${tag}`,
        '',
        '| Call | What it does | Body |',
        '|---|---|---|',
        ...Object.entries(group).map(([call, o]) => {
          const body = !o.body ? '' : 'schema' in o.body ? 'JSON' : o.body.map((b) => `\`${b.name}\``).join(', ');
          const query = (o.query ?? []).map((q) => `\`?${q.name}=\` ${q.doc}`).join(' ');
          return `| \`${call}\` | ${cell(`${o.summary}. ${query}`.trim())} | ${body} |`;
        }),
        '',
      ]),
    ),
  );
  add('README.md', 'Reference', [
    '- [Rule options](rules.md)',
    '- [Settings](settings.md)',
    '- [REST](rest.md)',
    '- [All sources and lookup tables](sources.md), [all sinks](sinks.md)',
    ...list,
  ]);
  return pages;
}

if (import.meta.main) {
  const pages = await referencePages();
  mkdirSync(REFERENCE_FOLDER, { recursive: true });
  for (const name of readdirSync(REFERENCE_FOLDER)) if (!pages.has(name)) rmSync(join(REFERENCE_FOLDER, name));
  for (const [name, text] of pages) writeFileSync(join(REFERENCE_FOLDER, name), text);
}
