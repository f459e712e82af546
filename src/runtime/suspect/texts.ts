// What a person reads about a parked rule and about a message that was set aside.
import type { Message, ParkedRule } from './ledger.ts';

export function placeOf(m: Message): string {
  const packet = m.packet > 0 ? `, packet ${m.packet}` : '';
  const topic = m.topic === '' ? '' : `, topic "${m.topic}"`;
  return `from ${m.source}${topic}${packet}, ${m.bytes} bytes, hash ${m.hash.slice(0, 12)}, begins with ${m.preview}`;
}

export const setAsideText = (m: Message): string =>
  `The message is not evaluated, since the gateway ended when it was evaluated before: ${placeOf(m)}`;

export function parkedText({ deaths, message }: ParkedRule): string {
  if (!message)
    return (
      `parked: the gateway ended ${deaths} times in a row while this rule was at work, each time on another message or in a window. ` +
      'All other rules run. Correct the rule, or start it to try again.'
    );
  return (
    `parked: the gateway ended ${deaths} times or more while this rule evaluated one message (${placeOf(message)}). ` +
    'The message is among the dead letters (kuiper show deadletters); all other rules run. ' +
    'Start the rule to go on without this message, or correct the rule: messages like it are evaluated again after an edit.'
  );
}
