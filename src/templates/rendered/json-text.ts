// Values in the dataTemplate of a sink that takes rows (sql, modbus, memory): its text is read as JSON again, so a value must stay the member that it
// was printed for. Inside quotes it is escaped unless it is so already; outside it must be one whole JSON value (in a list: values).
import type { Printer } from '../compile.ts';
import { refused } from './text.ts';

/** @returns prints values into one JSON text */
export const printJson: () => Printer = () => {
  let inText = false;
  let escaped = false;
  const open: string[] = [];
  let read = 0;
  return (text, _value, before) => {
    for (; read < before.length; read++) {
      const c = before[read]!;
      if (escaped) escaped = false;
      else if (inText && c === '\\') escaped = true;
      else if (c === '"') inText = !inText;
      else if (!inText && (c === '{' || c === '[')) open.push(c);
      else if (!inText && (c === '}' || c === ']')) open.pop();
    }
    let printed = text;
    if (inText) {
      if (!isJson(`"${text}"`)) printed = JSON.stringify(text).slice(1, -1);
    } else if (open.length > 0 && text.trim() !== '' && !isJson(open.at(-1) === '[' ? `[${text}]` : text))
      throw refused('dataTemplate', text, 'is not a JSON value: put quotes around {{…}}, or use toJson');
    read = before.length + printed.length; // complete in itself: nothing was opened that is not closed
    return printed;
  };
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // the answer
  }
}
