// The form of one node: fields of an operator as the gateway lists them, everything else as JSON. What is typed half is kept in the form until it can be read.
import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import type { GraphNode } from '../logic/graph.ts';
import { Input, Select, TextArea } from '../ui.ts';

interface OperatorField {
  name: string;
  control: 'text' | 'textarea' | 'list' | 'select' | 'checkbox';
  type: string;
  optional: boolean;
  label: { en_US: string };
  hint: { en_US: string };
  values?: readonly string[];
}

export interface Operator {
  name: string;
  properties: readonly OperatorField[];
}

type Props = Record<string, unknown>;

export function NodeForm(props: { node: GraphNode; operator: Operator | undefined; onChange(props: Props): void }): VNode {
  const { node, operator, onChange } = props;
  if (!operator) return h(JsonProps, { value: node.props, onChange });
  return h(
    'div',
    null,
    operator.properties.map((field) =>
      h(OneField, {
        key: field.name,
        field,
        value: node.props[field.name],
        onChange: (value) => {
          const { [field.name]: _, ...rest } = node.props;
          onChange(value === undefined ? rest : { ...rest, [field.name]: value });
        },
      }),
    ),
  );
}

function OneField({ field, value, onChange }: { field: OperatorField; value: unknown; onChange(value: unknown): void }): VNode {
  const { t } = useApp();
  const label = field.label.en_US;
  const hint = field.hint.en_US;
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value);
  if (field.type === 'list_string') return h(Lines, { label, hint: `${hint} ${t('oneALine')}`, value, onChange });
  if (field.type === 'list_object') return h(JsonProps, { label: `${label} (JSON)`, value: value ?? [], onChange });
  if (field.control === 'checkbox')
    return h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: value === true,
        onChange: (e: Event) => onChange((e.target as HTMLInputElement).checked ? true : undefined),
      }),
      ` ${label}: ${hint}`,
    );
  if (field.values)
    return h(Select, {
      label,
      value: text,
      onChange: (v: string) => onChange(v === '' ? undefined : v),
      options: [['', t('choose')], ...field.values.map((v) => [v, v] as const)],
    });
  if (field.type === 'int')
    return h(Input, {
      label,
      hint,
      type: 'number',
      value: text,
      onInput: (v: string) => onChange(v === '' ? undefined : Number(v)),
    });
  return h(Input, { label, hint, value: text, onInput: (v: string) => onChange(v) });
}

/** A list as lines. Empty ones are for the time of typing only. */
function Lines(props: { label: string; hint: string; value: unknown; onChange(value: unknown): void }): VNode {
  const given = Array.isArray(props.value) ? props.value.map(String) : [];
  const [text, setText] = useState(given.join('\n'));
  const kept = linesOf(text);
  useEffect(() => {
    if (given.join('\n') !== kept.join('\n')) setText(given.join('\n'));
  }, [given.join('\n')]);
  return h(TextArea, {
    label: props.label,
    hint: props.hint,
    rows: [2, 10],
    value: text,
    onInput: (typed) => {
      setText(typed);
      props.onChange(linesOf(typed));
    },
  });
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '');

function JsonProps<T>({ value, onChange, label }: { value: T; onChange(value: T): void; label?: string }): VNode {
  const { t, why } = useApp();
  const [text, setText] = useState(JSON.stringify(value, undefined, 2));
  const [wrong, setWrong] = useState('');
  return h(TextArea, {
    label: label ?? t('nodeProps'),
    error: wrong,
    rows: [3, 14],
    value: text,
    onInput: (typed) => {
      setText(typed);
      try {
        onChange(JSON.parse(typed));
        setWrong('');
      } catch (error) {
        setWrong(why(error));
      }
    },
  });
}
