// CREATE and the other definitions back to text, on one line.
import type { CreateStatement, FieldDef, FieldType, StreamOptionName } from '../ast.ts';
import { printFloat, printName, printString } from './names.ts';

export function printCreate(s: CreateStatement): string {
  return `CREATE ${s.object.toUpperCase()} ${printName(s.name)} (${s.fields.map(printColumn).join(', ')}) WITH (${printOptions(s)})`;
}

export function printType(type: FieldType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY(${printType(type.element)})`;
    case 'struct':
      return `STRUCT(${type.fields.map(printColumn).join(', ')})`;
    default:
      return type.kind.toUpperCase();
  }
}

function printColumn(field: FieldDef): string {
  return `${printName(field.name)} ${printType(field.type)}${field.default === undefined ? '' : ` DEFAULT ${printDefault(field.default)}`}`;
}

function printDefault(value: bigint | number | string | boolean): string {
  switch (typeof value) {
    case 'string':
      return printString(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'number':
      return printFloat(value);
    default:
      return String(value);
  }
}

function printOptions(s: CreateStatement): string {
  const names = Object.keys(s.options) as StreamOptionName[];
  return names
    .map((name) => {
      const value = s.options[name]!.value;
      return `${name}=${typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : printString(String(value))}`;
    })
    .join(', ');
}
