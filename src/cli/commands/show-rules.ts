// `kuiper show rules`: List the rules with their state.
import type { Command } from '../command.ts';
import type { Style } from '../table.ts';

interface Listed {
  id: string;
  name: string;
  status: string;
  tags: readonly string[] | null;
  parked?: string;
}

/** Running is good, a failure bad, everything on the way in between. */
export const styleOf = (status: string): Style => (status.startsWith('running') ? 'good' : /error/.test(status) ? 'bad' : 'warn');

export const showRules: Command = {
  name: 'show rules',
  usage: 'show rules',
  doc: 'List the rules with their state.',
  async run(context) {
    const text = await context.client.call('GET', '/rules');
    context.show(text, {
      empty: 'No rule definitions are found.',
      table: (rules: Listed[]) => ({
        head: ['RULE', 'STATUS', 'TAGS', 'NAME'],
        rows: rules.map((r) => [
          r.id,
          { text: r.parked ? `parked: ${r.parked}` : r.status, style: styleOf(r.status) },
          (r.tags ?? []).join(', '),
          r.name === r.id ? '' : r.name,
        ]),
      }),
    });
  },
};
