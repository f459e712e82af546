// GET /metadata/operators: the nodes of a graph rule and the fields of their forms, in the shape that flow editors for eKuiper read.
// What a node takes and gives stands beside it, so that an editor can refuse an edge. What they do: service/rules/graph.
type Text = Readonly<Record<'en_US' | 'zh_CN', string>>;

interface Field {
  name: string;
  control: 'text' | 'textarea' | 'list' | 'select' | 'checkbox';
  type: string;
  optional: boolean;
  label: Text;
  hint: Text;
  default?: unknown;
  values?: readonly string[];
}

/** What comes in: rows of one stream or of several, single or as collections. */
interface Input {
  type: 'any' | 'row' | 'collection';
  rowType: 'any' | 'single';
  collectionType: 'any' | 'single';
  allowMulti?: boolean;
}

const both = (text: string): Text => ({ en_US: text, zh_CN: text });
const field = (name: string, label: string, hint: string, rest: Partial<Field> = {}): Field => ({
  name,
  control: 'text',
  type: 'string',
  optional: false,
  default: '',
  hint: both(hint),
  label: both(label),
  ...rest,
});

const anything: Input = { type: 'any', rowType: 'any', collectionType: 'any' };
const keeps = { type: 'same', strategy: 'keep' };

function operator(name: string, label: string, about: string, input: Input, output: { type: string; strategy: string }, fields: Field[]) {
  return {
    name,
    about: {
      trial: false,
      author: { name: 'Kuiper Gateway', email: '', company: '', website: '' },
      helpUrl: both(''),
      description: both(about),
    },
    properties: fields,
    node: { display: true, category: 'operator', input, output, icon: 'iconPath', label: { en: label, zh: label } },
  };
}

/** In alphabetical order, as eKuiper lists them. */
export const graphOperators = [
  operator(
    'aggfunc',
    'Aggregate',
    'Adds a column that is computed from the rows of a collection or of each group.',
    { type: 'collection', rowType: 'any', collectionType: 'any' },
    { type: 'same', strategy: 'append' },
    [field('expr', 'Expression', 'A call of an aggregate with a name, e.g. avg(temperature) AS t.')],
  ),
  operator('filter', 'Filter', 'Passes the rows for which a condition holds.', anything, keeps, [
    field('expr', 'Condition', 'A condition, e.g. temperature > 20.'),
  ]),
  operator(
    'function',
    'Function',
    'Adds a column that is computed from the row.',
    { type: 'any', rowType: 'any', collectionType: 'single' },
    { type: 'same', strategy: 'append' },
    [field('expr', 'Expression', 'A call with a name, e.g. log(temperature) AS t.')],
  ),
  operator(
    'groupby',
    'Group by',
    'Groups the rows of a collection.',
    { type: 'collection', rowType: 'single', collectionType: 'any' },
    { type: 'collection', strategy: 'grouped' },
    [field('dimensions', 'Dimensions', 'Columns or expressions whose values make the groups.', { type: 'list_string' })],
  ),
  operator(
    'join',
    'Join',
    'Joins the rows of several streams, or of a stream and a table.',
    { type: 'collection', rowType: 'single', collectionType: 'single' },
    { type: 'collection', strategy: 'append' },
    [
      field('from', 'From', 'Stream on the left side.'),
      field('joins', 'Joins', 'What is joined to it, in order.', {
        control: 'list',
        type: 'list_object',
        default: [
          field('name', 'Name', 'Stream or table on the right side.'),
          field('type', 'Type', 'Kind of join.', { values: ['inner', 'left', 'right', 'full', 'cross'] }),
          field('on', 'Condition', 'When two rows belong together, e.g. s.id = t.id.'),
        ],
      }),
    ],
  ),
  operator('orderby', 'Sort', 'Sorts the rows of a collection.', anything, keeps, [
    field('sorts', 'Order', 'By what, in order.', {
      control: 'list',
      type: 'list_object',
      default: [
        field('field', 'Column', 'Column or expression.'),
        field('desc', 'Descending', 'Largest first.', { control: 'checkbox', type: 'boolean', default: false }),
      ],
    }),
  ]),
  operator('pick', 'Pick', 'Keeps the named columns and leaves the others out.', anything, { type: 'same', strategy: 'pick' }, [
    field('fields', 'Columns', 'Columns or expressions with a name, e.g. id or temperature AS t.', {
      control: 'list',
      type: 'list_string',
    }),
  ]),
  operator('script', 'Script', 'Makes rows with a script in JavaScript.', anything, { type: 'same', strategy: 'any' }, [
    field(
      'script',
      'Script',
      'Defines exec(msg, meta), which returns the new row or nothing; with isAgg exec(msgs), which returns a list.',
      {
        control: 'textarea',
      },
    ),
    field('isAgg', 'Whole collection', 'The script gets all rows of a collection at once.', {
      control: 'checkbox',
      type: 'boolean',
      optional: true,
      default: false,
    }),
  ]),
  operator('switch', 'Switch', 'Sends rows along the way whose condition holds.', anything, keeps, [
    field('cases', 'Cases', 'A condition for each way out.', { control: 'list', type: 'list_string' }),
    field('stopAtFirstMatch', 'Stop at first match', 'The first condition that holds takes the row.', {
      control: 'checkbox',
      type: 'boolean',
      optional: true,
      default: false,
    }),
  ]),
  operator(
    'window',
    'Window',
    'Collects the rows of a time or a number of rows.',
    { type: 'row', rowType: 'any', collectionType: 'any', allowMulti: true },
    { type: 'collection', strategy: 'append' },
    [
      field('type', 'Kind', 'Kind of window.', {
        control: 'select',
        values: ['tumblingwindow', 'hoppingwindow', 'slidingwindow', 'sessionwindow', 'countwindow'],
      }),
      field('unit', 'Unit', 'Unit of length and interval.', { control: 'select', values: ['ms', 'ss', 'mi', 'hh', 'dd'] }),
      field('size', 'Length', 'Length in units; rows for a count window.', { type: 'int' }),
      field('interval', 'Interval', 'From one end to the next; the timeout of a session window.', { type: 'int', optional: true }),
    ],
  ),
];
