// The select list.
import type { AliasDefinition, BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface ProjectColumn {
  /** Name in the output. */
  readonly name: string;
  readonly expr: BoundExpr;
  /** `column`: a plain column, a present null stays; `expression`: null is left out; `alias`: null is left out unless sendNilField;
   *  `spread`: an object whose members become columns. */
  readonly kind: 'column' | 'expression' | 'alias' | 'spread';
  readonly alias?: AliasDefinition;
  /** Computed but not sent. */
  readonly invisible: boolean;
}

export interface ProjectWildcard {
  /** undefined = all inputs. */
  readonly inputs?: readonly number[];
  readonly except: readonly string[];
}

export interface ProjectNode extends NodeBase {
  readonly type: 'project';
  readonly columns: readonly ProjectColumn[];
  readonly wildcard?: ProjectWildcard;
  readonly limit?: number;
  /** Of equal rows of one result only the first is sent. */
  readonly distinct?: true;
  readonly sendNilField: boolean;
  readonly sendMeta: boolean;
}

export function projectInfo(n: ProjectNode, names: InputNames): string {
  const fields = [
    ...(n.wildcard ? ['*'] : []),
    ...n.columns.map((c) => (c.kind === 'alias' ? aliasText(c, names) : ekuiperText(c.expr, names))),
  ];
  return `Fields:[ ${fields.join(', ')} ]${n.limit === undefined ? '' : `, Limit:${n.limit}`}${n.distinct ? ', Distinct:true' : ''}`;
}

const aliasText = (c: ProjectColumn, names: InputNames): string =>
  `$$alias.${c.name},aliasRef:${ekuiperText(c.alias?.expr ?? c.expr, names)}`;
