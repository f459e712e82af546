// Choices from a short list, names of tables and numbers of devices.
import { refused, textOf } from './text.ts';

const METHODS = new Set(['get', 'post', 'put', 'delete']);
const BODY_TYPES = new Set(['', 'none', 'text', 'json', 'html', 'xml', 'javascript', 'form', 'binary', 'formdata']);
const MAX_NAME = 128;

/** @throws rowError */
export function checkMethod(value: unknown): string {
  const method = textOf('method', value).toLowerCase();
  if (!METHODS.has(method)) throw refused('method', value, 'is none of get, post, put, delete');
  return method;
}

/** @throws rowError */
export function checkBodyType(value: unknown): string {
  const type = textOf('bodyType', value).toLowerCase();
  if (!BODY_TYPES.has(type)) throw refused('bodyType', value, `is none of ${[...BODY_TYPES].filter(Boolean).join(', ')}`);
  return type;
}

/** Any table of the database but SQLite's own. @throws rowError */
export function checkTable(value: unknown): string {
  const name = textOf('table', value);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw refused('table', name, 'is not a plain name (letters, digits, _)');
  if (/^(sqlite|pragma)_/i.test(name)) throw refused('table', name, 'belongs to the database itself');
  if (name.length > MAX_NAME) throw refused('table', name, `is longer than ${MAX_NAME} characters`);
  return name;
}

/** One device: a message never speaks to all devices of a serial line, nor to the numbers that are kept back there.
 *  @source Modbus over serial line 1.02, 2.2 */
export function checkUnit(value: unknown, protocol: unknown): string {
  const text = textOf('unit', value).trim();
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw refused('unit', value, 'is not a number from 0 to 255');
  const serial = String(protocol ?? 'tcp').toLowerCase() !== 'tcp';
  if (serial && Number(text) === 0) throw refused('unit', value, 'is the broadcast address, which only a constant may name');
  if (serial && Number(text) > 247) throw refused('unit', value, 'is not a number from 1 to 247');
  return text;
}

/** @returns true for true and "true" */
export const checkFlag = (value: unknown): boolean => value === true || value === 'true';
