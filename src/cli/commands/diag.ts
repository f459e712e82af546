// `kuiper diag [RULE]`: where the data of a rule stops, and why; without a name one line for each rule.
import type { Diag, DiagStep } from '../../service/index.ts';
import { type Command, type CommandContext, encode, rephrase } from '../command.ts';

const marks = { flows: 'ok  ', stops: 'STOP', waits: '... ' } as const;

export const diag: Command = {
  name: 'diag',
  usage: 'diag [RULE]',
  doc: 'Show step by step where the data of a rule stops, and why. Without a name: one line for each rule.',
  exits: true,
  async run(context) {
    const [name] = context.args;
    if (name === undefined || name === '') return all(context);
    const d = JSON.parse(await ask(context, name)) as Diag;
    context.tell(d, [
      ...d.steps.map(line),
      d.summary,
      ...d.problems.filter((p) => !d.summary.includes(p)).map((p) => `Problem: ${p}`),
      ...d.notes.filter((n) => !d.summary.includes(n)).map((n) => `Note: ${n}`),
    ]);
  },
};

async function all(context: CommandContext): Promise<void> {
  const rules = await context.client.json<{ id: string }[]>('GET', '/rules');
  const found: Record<string, Diag> = {};
  for (const { id } of rules) found[id] = JSON.parse(await ask(context, id)) as Diag;
  const lines = Object.entries(found).map(([id, { summary }]) => `${id}: ${summary}`);
  context.tell(found, lines.length === 0 ? ['There are no rules.'] : lines);
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
