// What the shell is offered: verbs, objects, flags, and names of live rules, streams and tables.
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { completeWords, completionScript, shells } from '../../src/cli/completion.ts';

const lists: Record<string, unknown> = {
  '/rules': [{ id: 'rain' }, { id: 'rule2' }, { id: 'snow' }],
  '/streams': ['demo', 'dust'],
  '/tables': ['t1'],
};
const asked: string[] = [];
const client = {
  async json<T>(_method: string, path: string): Promise<T> {
    asked.push(path);
    return lists[path] as T;
  },
};
const complete = (...words: string[]) => completeWords(words, commands, client);

// @covers issue:18#1
it('completes verbs, then objects, then names of live objects, then flags', async () => {
  expect(await complete('desc')).toEqual(['describe']);
  expect(await complete('drop', 'st')).toEqual(['stream']);
  expect(await complete('getstatus', 'rule', 'r')).toEqual(['rain', 'rule2']);
  expect(await complete('describe', 'stream', '')).toEqual(['demo', 'dust']);
  expect(await complete('drop', 'table', 't')).toEqual(['t1']);
  expect(await complete('parked', 'list', 's')).toEqual(['snow']);
  expect(await complete('create', 'rule', 'x', '--f')).toEqual(['--file']);
});

it('asks the gateway only where a name of it may stand, and offers nothing for what it makes new', async () => {
  asked.length = 0;
  expect(await complete('create', 'rule', 'r')).toEqual([]);
  expect(await complete('drop', 'rule', 'rain', 'r')).toEqual([]);
  expect(await complete('nosuch', 'thing', 'r')).toEqual([]);
  expect(asked).toEqual([]);
});

it('offers nothing when the gateway does not answer', async () => {
  const gone = { json: () => Promise.reject(new Error('gone')) };
  expect(await completeWords(['drop', 'rule', ''], commands, gone)).toEqual([]);
});

it('every command can be reached by completion', async () => {
  for (const { name } of commands) {
    const [verb, object] = name.split(' ') as [string, string?];
    expect(await complete(verb), name).toContain(verb);
    if (object !== undefined) expect(await complete(verb, object), name).toContain(object);
  }
});

it.each(shells)('the script for %s is printed, and bash can read its own', async (shell) => {
  const out: string[] = [];
  expect(await runCli(['completion', shell], {}, (text) => out.push(text))).toBe(0);
  expect(`${out.join('\n')}\n`).toBe(completionScript(shell));
  if (shell === 'bash') execFileSync('bash', ['-n'], { input: completionScript('bash') });
});
