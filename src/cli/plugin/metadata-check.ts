// The files beside a plugin that the gateway reads: <name>.json (metadata, names of functions) and <name>.yaml (conf keys). Called by check.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type PluginFileFacts, symbolOf } from '../../plugin-host/index.ts';
import type { Finding } from './check.ts';

/** @param facts undefined: the plugin could not be loaded; then only the syntax is looked at */
export function checkMetadata(folder: string, name: string, facts: PluginFileFacts | undefined): Finding[] {
  return [name, symbolOf(name)].flatMap((stem) => [
    ...checkJson(folder, `${stem}.json`, facts),
    ...checkYaml(folder, `${stem}.yaml`, facts),
  ]);
}

function checkJson(folder: string, file: string, facts: PluginFileFacts | undefined): Finding[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = messageOf(error)
      .split(', "')[0]!
      .replace(/ \(line.*\)$| in JSON at position.*$/, '');
    return [{ file, line: lineOfJsonFault(text), text: `it is not JSON: ${message}; correct it at this place` }];
  }
  const lineOf = (word: string) => text.split('\n').findIndex((l) => l.includes(JSON.stringify(word))) + 1 || 1;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ file, line: 1, text: 'metadata is an object: {"about": {…}, "functions": […]}' }];
  const { functions } = value as { functions?: unknown };
  if (functions === undefined) return [];
  if (!Array.isArray(functions) || functions.some((f) => typeof (f as { name?: unknown })?.name !== 'string'))
    return [{ file, line: lineOf('functions'), text: '"functions" is a list of objects with names: [{"name": "myFunction"}]' }];
  if (facts?.kind !== 'functions')
    return facts ? [{ file, line: lineOf('functions'), text: `a plugin of ${facts.kind} has no functions; take the list out` }] : [];
  return (functions as { name: string }[]).flatMap((f): Finding[] =>
    facts.exports.includes(symbolOf(f.name)) || facts.exports.includes(f.name)
      ? []
      : [
          {
            file,
            line: lineOf(f.name),
            text: `it names the function ${f.name}, but the plugin exports ${facts.exports.join(', ') || 'nothing'}; export ${symbolOf(f.name)} or take the name out`,
          },
        ],
  );
}

/** V8 says where only sometimes; YAML, which JSON is a part of, does, except for commas too many. */
function lineOfJsonFault(text: string): number {
  const comma = /,\s*[\]}]/.exec(text);
  const fault = parseDocument(text).errors[0]?.linePos?.[0].line;
  if (comma === null) return fault ?? text.split('\n').length;
  const line = text.slice(0, comma.index).split('\n').length;
  return fault === undefined ? line : Math.min(line, fault);
}

function checkYaml(folder: string, file: string, facts: PluginFileFacts | undefined): Finding[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error)
    return [{ file, line: error.linePos?.[0].line, text: `it is not YAML: ${error.message.split('\n')[0]}; correct it at this place` }];
  if (facts?.kind === 'functions') return [{ file, line: 1, text: 'functions have no conf keys; put data of a function into etc/' }];
  const value: unknown = document.toJS();
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Object.values(value).some((v) => typeof v !== 'object' || v === null)
  )
    return [{ file, line: 1, text: 'conf keys are objects by name: `default:` and below it the options' }];
  return [];
}
