// Error codes of the area: runtime and store.
import type { CatalogueEntry } from './index.ts';

export const runtimeErrors = {
  RULE_INVALID_OPTIONS: {
    text: 'Rule {rule} has invalid options: {problems}',
    ekuiperCode: 4000,
    cure: 'The text names each bad option and the value it needs; docs/rules.md lists all options.',
  },
  RULE_INVALID_CRON: {
    text: 'invalid cron expression "{cron}": {problem}',
    ekuiperCode: 4000,
    cure: 'Write five fields (minute hour day month weekday) such as "0 8 * * 1-5", or @every 1h, @hourly, @daily, @weekly, @monthly, @yearly.',
  },
  RULE_PARKED: {
    text: '{text}',
    ekuiperCode: 4000,
    cure: 'The gateway ended while the rule evaluated this message, so the rule waits. Start it to go on without the message (it is among the dead letters), or correct the rule.',
  },
  RUNTIME_UNKNOWN_SOURCE: {
    text: 'source type {type} not found{hint}',
    ekuiperCode: 2101,
    cure: 'No connector or plugin of this name offers a source. List the plugins, or correct TYPE of the stream.',
  },
  RUNTIME_WINDOW_LENGTH: {
    text: '{window} window: {what} must be {bound}, not {value}',
    ekuiperCode: 4000,
    cure: 'Correct the numbers of the window in GROUP BY.',
  },
  RUNTIME_UNKNOWN_LOOKUP: {
    text: 'lookup source type {type} not found',
    ekuiperCode: 2101,
    cure: 'No connector or plugin of this name offers a lookup table. Correct TYPE of the table.',
  },
  RUNTIME_UNKNOWN_SINK: {
    text: 'sink {type} is not defined{hint}',
    ekuiperCode: 4000,
    cure: 'No connector or plugin of this name offers a sink. List the plugins, or correct the name in actions.',
  },
  RUNTIME_UNKNOWN_FORMAT: {
    text: 'format type {format} not supported',
    ekuiperCode: 4000,
    cure: 'Known formats: json, binary, delimited, urlencoded, protobuf. Correct FORMAT of the stream or format of the sink.',
  },
  RUNTIME_DUPLICATE_RULE: {
    text: 'rule {rule} already exists',
    ekuiperCode: 4000,
    cure: 'Update the rule, or delete it first.',
  },
  RUNTIME_RULE_CLOSED: {
    text: 'rule {rule} is deleted',
    ekuiperCode: 4000,
    cure: 'The rule was deleted while this command waited. Create it again.',
  },
  RULE_ONLY_DEAD_LETTERS: {
    text: 'rule {rule} has no action that takes its results: all of them have deadLetter or lateRows',
    ekuiperCode: 4000,
    cure: 'An action with deadLetter: true takes only what the others refuse, one with lateRows: true only late rows. Add an action without them.',
  },
  RULE_CANNOT_SPREAD: {
    text: 'rule {rule} cannot be spread over several gateways: {problem}',
    ekuiperCode: 4000,
    cure: 'Do what the text says, or remove the option spread; docs/several-gateways.md says what may be spread.',
  },
  RUNTIME_STATE_TOO_LARGE: {
    text: 'state of the rule is {bytes} bytes, more than the limit of {limit}',
    ekuiperCode: 4000,
    cure: 'A window or an analytic function keeps too much: shorten the window, group by fewer values, or raise rule.maxStateBytes.',
  },
  RUNTIME_QUEUE_FULL: {
    text: 'the durable queue of sink {sink} is full: {rows} rows, {bytes} bytes',
    ekuiperCode: 4000,
    cure: 'The sink has been away too long for maxDiskCache, and cacheFullPolicy is "stop". Bring the sink back, or raise the bound.',
  },
  PARKED_NOT_FOUND: {
    text: 'sink {sink} has no parked row {id}',
    ekuiperCode: 1002,
    httpStatus: 404,
    cure: 'It was delivered or dropped meanwhile, or the number is wrong: `kuiper parked list RULE` lists the parked rows.',
  },
  PARKED_NO_SINK: {
    text: 'rule {rule} has no sink {sink}; its sinks are {sinks}',
    ekuiperCode: 1002,
    httpStatus: 404,
    cure: 'Name the sink as health does: its type and its place among the actions, such as mqtt_0.',
  },
  PARKED_NOT_NOW: {
    text: 'parked row {id} of sink {sink} cannot be tried now: {text}',
    ekuiperCode: 4000,
    httpStatus: 409,
    cure: 'A parked row is tried when the rule runs and its sink takes data. Look at the health of the rule, and try again.',
  },
  PARKED_OVERTAKEN: {
    text: 'parked row {id} of sink {sink} is older than what was delivered since for {key}',
    ekuiperCode: 4000,
    httpStatus: 409,
    cure: 'Delivering it would replace a newer value by an older one. Drop the row, or try it with force.',
  },
  PARKED_AGAIN: {
    text: 'sink {sink} still does not take parked row {id}: {text}',
    ekuiperCode: 4000,
    httpStatus: 409,
    cure: 'The row stays parked. Correct what the text says at the destination, then try again, or drop the row.',
  },
  STORE_FAILED: {
    text: 'store {file}: {text}',
    ekuiperCode: 1000,
    httpStatus: 500,
    retriable: true,
    cure: 'Reading or writing the database failed. Look at free space and permissions of the data folder; it is tried again.',
  },
} as const satisfies Record<string, CatalogueEntry>;
