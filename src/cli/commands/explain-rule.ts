// `kuiper explain rule`: Logical plan of a rule, as text or as a picture.
import { CliError } from '../cli-error.ts';
import { type Command, type CommandContext, encode, nameArgument, rephrase } from '../command.ts';
import { drawPicture, PICTURE_FLAGS, type Picture, pictureKind, pictureOfPlan, pictureOfTopo } from '../plan-picture.ts';

export const explainRule: Command = {
  name: 'explain rule',
  usage: 'explain rule NAME [--dot | --mermaid]',
  doc: 'Logical plan of a rule.',
  flags: PICTURE_FLAGS,
  examples: [['kuiper explain rule hot --dot | dot -Tsvg > hot.svg', 'a picture of the rule']],
  async run(context) {
    const name = nameArgument(context, 'rule');
    const kind = pictureKind(context);
    context.print(kind === undefined ? await planOf(context, name) : drawPicture(await pictureOf(context, name), kind));
  },
};

const planOf = (context: CommandContext, name: string): Promise<string> =>
  rephrase(
    'explain rules error: ',
    (cause) => cause,
    () => context.client.call('GET', `/rules/${encode(name)}/explain`),
  );

/** A graph rule has no plan of SQL; its nodes are its picture, while it runs. */
async function pictureOf(context: CommandContext, name: string): Promise<Picture> {
  const rule = await rephrase(
    'Describe rule error: ',
    (cause) => cause,
    () => context.client.json<{ graph?: unknown }>('GET', `/rules/${encode(name)}`),
  );
  if (rule.graph === undefined || rule.graph === null) return pictureOfPlan(await planOf(context, name));
  try {
    return pictureOfTopo(await context.client.json('GET', `/rules/${encode(name)}/topo`));
  } catch (error) {
    if (!(error instanceof CliError) || error.kind !== 'refused') throw error;
    throw new CliError(`Rule ${name} is a graph and does not run; start it to see its nodes. (${error.message})`, 'refused');
  }
}
