// Shapes one unit of output (a row, or the list of rows): dataTemplate, dataField, fields, excludeFields. Encoding follows in index.ts.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../data/value.ts';
import { isStruct } from '../../data/value.ts';
import type { CompiledTemplate } from '../../templates/index.ts';
import type { TransformProps } from './options.ts';

/** Formats whose template output is sent as it is. */
const textFormats = new Set(['json', 'delimited', 'urlencoded']);

/** @returns text that is final, rows to encode, or undefined when there is nothing to send */
export type Shape = (data: Row | Row[]) => string | Row | Row[] | undefined;

export function createShape(props: TransformProps, template: CompiledTemplate | undefined): Shape {
  const { dataField, fields, excludeFields } = props;
  if (fields.length && excludeFields.length) throw new Error('field and excludeFields cannot both be set');
  const selects = dataField !== '' || fields.length > 0 || excludeFields.length > 0;
  const isText = textFormats.has(props.format.toLowerCase());
  const excluded = new Set(excludeFields);

  const select = (row: Row): Row => {
    if (fields.length) return Object.fromEntries(fields.map((f) => [f, row[f] ?? null]));
    return excluded.size ? Object.fromEntries(Object.entries(row).filter(([k]) => !excluded.has(k))) : row;
  };

  const take = (data: Row | Row[]): Row | Row[] | undefined => {
    let part: Value = data as Value;
    if (dataField) {
      const holder = Array.isArray(data) ? data[0] : data;
      if (holder === undefined) return undefined;
      part = holder[dataField];
      if (Array.isArray(part)) {
        if (part.length === 0) return undefined;
        if (!part.every(isStruct))
          throw rowError(`fail to TransItem data for error: dataField ${dataField} holds a list of other things than objects`);
      } else if (!isStruct(part)) throw rowError(`fail to TransItem data for error: dataField ${dataField} holds no object`);
    }
    return Array.isArray(part) ? (part as Row[]).map(select) : select(part as Row);
  };

  if (!template) return selects ? take : (data) => data;
  return (data) => {
    let text: string;
    try {
      text = template(data as Value);
    } catch (error) {
      throw rowError(`fail to encode data with dataTemplate for error ${messageOf(error)}`);
    }
    if (!selects && isText) return text;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      throw rowError(`fail to decode data ${text.slice(0, 200)} after applying dataTemplate for error ${messageOf(error)}`);
    }
    if (typeof parsed !== 'object' || parsed === null)
      throw rowError(`fail to decode data ${text.slice(0, 200)} after applying dataTemplate for error: not an object`);
    return take(parsed as Row | Row[]);
  };
}
