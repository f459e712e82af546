// `describe stream` and `describe table`: the server's text, or with -json the same as JSON, rebuilt from the text as eKuiper does
// (option keys keep their colon).
import type { CommandContext } from './command.ts';
import { quoteName, runStatement } from './statement.ts';

export async function describeSource(context: CommandContext, kind: 'stream' | 'table', name: string): Promise<void> {
  const text = await runStatement(context, `describe ${kind} ${quoteName(name)}`);
  context.print(context.flags['json'] === true ? JSON.stringify(toJson(text), undefined, '\t') : text);
}

function toJson(text: string): unknown {
  const lines = text.split('\n').slice(2);
  const blank = lines.indexOf('');
  const fields = lines.slice(0, blank).map((line) => {
    const [name, type, , value] = line.split('\t');
    return { Name: name, Type: type, ...(value === undefined ? {} : { DefaultClause: value }) };
  });
  const options = lines
    .slice(blank + 1)
    .filter((l) => l !== '')
    .map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at + 1), line.slice(at + 2)] as const;
    });
  return { Fields: fields, Options: Object.fromEntries(options) };
}
