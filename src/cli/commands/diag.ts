// `kuiper diag [RULE]`: where the data of a rule stops, and why; without a name one line for each rule.
import type { Diag, DiagStep } from '../../service/index.ts';
import { type Command, type CommandContext, encode, indent, rephrase } from '../command.ts';

const marks = { flows: 'ok  ', stops: 'STOP', waits: '... ' } as const;

export const diag: Command = {
  name: 'diag',
  usage: 'diag [RULE]',
  doc: 'Show step by step where the data of a rule stops, and why. Without a name: one line for each rule.',
  exits: true,
  flags: [{ names: ['json'], value: false, doc: 'everything that is known, as JSON' }],
  async run(context) {
    const [name] = context.args;
    if (name === undefined || name === '') return all(context);
    const text = await ask(context, name);
    if (context.flags['json'] !== undefined) return context.print(indent(text));
    const d = JSON.parse(text) as Diag;
    for (const s of d.steps) context.print(line(s));
    context.print(d.summary);
    for (const p of d.problems) if (!d.summary.includes(p)) context.print(`Problem: ${p}`);
    for (const n of d.notes) if (!d.summary.includes(n)) context.print(`Note: ${n}`);
  },
};

async function all(context: CommandContext): Promise<void> {
  const rules = await context.client.json<{ id: string }[]>('GET', '/rules');
  if (rules.length === 0) return context.print('There are no rules.');
  for (const { id } of rules) context.print(`${id}: ${(JSON.parse(await ask(context, id)) as Diag).summary}`);
}

const ask = (context: CommandContext, name: string): Promise<string> =>
  rephrase(
    'diag rule error: ',
    (cause) => cause,
    () => context.client.call('GET', `/rules/${encode(name)}/diag`),
  );

function line(s: DiagStep): string {
  const counts = s.in > 0 || s.failed > 0 ? `  in ${s.in}, out ${s.out}${s.failed > 0 ? `, failed ${s.failed}` : ''}` : '';
  const more = [
    s.lastValue && `last value: ${s.lastValue}`,
    s.lastError && !s.text.includes(s.lastError) && `last error: ${s.lastError}`,
  ].filter(Boolean);
  return `${marks[s.state]} ${s.step.padEnd(12)} ${s.at.padEnd(18)}${counts}  ${s.text}${more.length > 0 ? `\n       ${more.join('\n       ')}` : ''}`;
}
