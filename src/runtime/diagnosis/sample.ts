// One message or row as a person may see it: at most 80 characters, printable, without secrets. Made on failures and when somebody asks, never
// per message. Used by decode-group.ts, run-host.ts and the sentences of this folder.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { isSecretName, MASK } from '../../base/secrets.ts';
import type { Row } from '../../data/value.ts';
import { payloadOf, previewOf } from '../suspect/identify.ts';

/** Columns of a wide row that are looked at. */
const MAX_COLUMNS = 20;

/** @returns '' for nothing; bytes that are no text as 0x… */
export function sampleOf(data: Uint8Array | string | Row | undefined): string {
  if (data === undefined) return '';
  if (data instanceof Uint8Array) return isText(data) ? previewOf(data) : `0x${Buffer.from(data.subarray(0, 39)).toString('hex')}`;
  if (typeof data === 'string') return previewOf(data);
  return previewOf(payloadOf(readable(data)));
}

/** A field that cannot be decoded throws when it is read: it is left out, also where it stands inside of another one. */
function readable(data: Row): Row {
  const out: Row = {};
  for (const key of Object.keys(data).slice(0, MAX_COLUMNS)) {
    try {
      const v = data[key];
      if (typeof v === 'object' && v !== null) payloadOf({ v });
      out[key] = v;
    } catch {
      // what is wrong with it is in the failure that the sample belongs to
    }
  }
  return out;
}

/** `temperature = 21.5`, or that it is not there. */
export function shownColumn(name: string, row: Row): string {
  if (!Object.hasOwn(row, name)) return `${name} is not there`;
  try {
    if (row[name] === undefined) return `${name} is not there`;
  } catch (error) {
    return `${name} cannot be read: ${messageOf(error)}`;
  }
  if (isSecretName(name)) return `${name} = ${MASK}`;
  const v = row[name];
  return `${name} = ${typeof v === 'bigint' ? v : previewOf(payloadOf([{ v }])).slice(6, -2)}`;
}

/** Fewer than a third of the characters are none. */
function isText(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, 400));
  let odd = 0;
  for (const c of text) if (c === '\uFFFD' || (c < ' ' && !'\t\r\n'.includes(c))) odd++;
  return odd * 3 < text.length;
}
