// Where `kuiper sql` takes its SQL from: files, `-` for standard input, or --sql. A .json file is a rule, an export of rules and streams, or a list
// of rules. Used by commands/sql-*.ts.

import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext, Flag } from '../command.ts';
import { readLocalFile } from '../local-file.ts';

export const SQL_TEXT_FLAG: Flag = { names: ['sql', 'e'], doc: 'the SQL itself, instead of files' };

export interface SqlInput {
  /** File, with the rule in it where it has several; `-` for what came from elsewhere. */
  readonly name: string;
  /** As named on the command line. */
  readonly file: string;
  readonly sql: string;
  readonly kind: 'rule' | 'script';
  /** Option sqlCompatibility of the rule. */
  readonly sqlCompatibility?: string;
}

/** @throws CliError when there is nothing to read, or a file cannot be read */
export function sqlInputs({ args, flags }: CommandContext): SqlInput[] {
  const text = flags['sql'];
  if (typeof text === 'string') return [{ name: '-', file: '-', sql: text, kind: 'script' }];
  if (args.length === 0) throw new CliError('Expect files with SQL, - for standard input, or --sql.', 'usage');
  return args.flatMap((file): SqlInput[] => {
    const content = file === '-' ? readFileSync(0, 'utf8') : readLocalFile(file);
    return /\.json$/i.test(file) ? ofJson(file, content) : [{ name: file, file, sql: content, kind: 'script' }];
  });
}

function ofJson(file: string, content: string): SqlInput[] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new CliError(`${file} is not valid JSON: ${messageOf(error)}`, 'usage');
  }
  const found =
    isRecord(value) && ('streams' in value || 'tables' in value || 'rules' in value) ? ofExport(file, value) : ofRules(file, value);
  if (found.length === 0) throw new CliError(`${file} has neither rules nor streams with SQL.`, 'usage');
  return found;
}

function ofRules(file: string, value: unknown): SqlInput[] {
  return (Array.isArray(value) ? value : [value]).flatMap((rule: unknown): SqlInput[] => {
    if (!isRecord(rule) || typeof rule['sql'] !== 'string') return [];
    const options = isRecord(rule['options']) ? rule['options'] : {};
    const { sqlCompatibility } = options;
    return [
      {
        name: typeof rule['id'] === 'string' ? `${file}#${rule['id']}` : file,
        file,
        sql: rule['sql'],
        kind: 'rule',
        ...(typeof sqlCompatibility === 'string' ? { sqlCompatibility } : {}),
      },
    ];
  });
}

/** As GET /data/export and POST /ruleset/export write it: names to SQL, names to rules as JSON text. */
function ofExport(file: string, value: Record<string, unknown>): SqlInput[] {
  const entries = (name: string): [string, string][] =>
    isRecord(value[name]) ? Object.entries(value[name]).filter((e): e is [string, string] => typeof e[1] === 'string') : [];
  return [
    ...['streams', 'tables'].flatMap((kind) =>
      entries(kind).map(([name, text]): SqlInput => ({ name: `${file}#${name}`, file, sql: statementOf(text), kind: 'script' })),
    ),
    ...entries('rules').flatMap(([name, text]) => ofRules(file, { id: name, ...(JSON.parse(text) as object) })),
  ];
}

/** Streams of an export are SQL, or JSON around it. */
function statementOf(text: string): string {
  if (!text.startsWith('{')) return text;
  const { sql } = JSON.parse(text) as { sql?: unknown };
  return typeof sql === 'string' ? sql : text;
}
