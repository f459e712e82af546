// Error codes of the area: service and rest. `{text}` entries carry eKuiper's own wording, which differs from place to place.
import type { CatalogueEntry } from './index.ts';

export const serviceErrors = {
  NAME_INVALID: {
    text: '{text}',
    ekuiperCode: 1000,
    cure: 'Names of streams, tables, rules, plugins, schemas, services, conf keys and connections consist of letters, digits, _ and -.',
  },
  HISTORY_UNKNOWN_SERIES: {
    text: 'The historian has no series "{series}"',
    ekuiperCode: 1002,
    cure: 'List the series with `kuiper show history` or GET /history. A series is there when a row of it was stored.',
  },
  HISTORY_QUERY: {
    text: 'query: {text}',
    ekuiperCode: 1000,
    cure: 'Write one SELECT of SQLite over history (at, series, field, value), history_minutes or history_hours (at, series, field, count, min, max, avg); at is in ms since 1970.',
  },
  DEAD_LETTER_UNKNOWN: {
    text: 'Dead letter {id} is not found',
    ekuiperCode: 1002,
    cure: 'List the ids with `kuiper show deadletters` or GET /deadletters.',
  },
  STREAM_COMMAND: {
    text: '{text}',
    ekuiperCode: 3000,
    cure: 'The statement on a stream or table was refused; the text says why. Nothing was changed.',
  },
  STREAM_NOT_FOUND: {
    text: '{kind} {name} is not found',
    ekuiperCode: 1002,
    cure: 'List the streams or tables (kuiper show streams) and correct the name.',
  },
  STREAM_IN_USE: {
    text: 'stream {name} has been referenced by other rules',
    ekuiperCode: 1000,
    cure: 'Delete the rules that read it first, or delete with ?force=true: those rules then fail at their next start.',
  },
  RULE_JSON: { text: '{text}', ekuiperCode: 1000, cure: 'The rule is not valid JSON or a member has a wrong type; the text names it.' },
  RULE_EXISTS: { text: 'rule {rule} already exists', ekuiperCode: 1000, cure: 'Replace it with PUT /rules/{rule}, or delete it first.' },
  RULE_VERSION: {
    text: 'rule {rule} already exists with version ({old}), new version ({version}) is lower',
    ekuiperCode: 1000,
    cure: 'Versions are compared as text and have to grow; leave both empty to replace without a version.',
  },
  RULE_NOT_FOUND: { text: '{text}', ekuiperCode: 1002, cure: 'List the rules (kuiper show rules) and correct the name.' },
  RULE_UNKNOWN: { text: 'rule {rule} not found', ekuiperCode: 1000, cure: 'List the rules (kuiper show rules) and correct the name.' },
  RULE_TOPO: {
    text: "Fail to get rule {rule}'s topo, make sure the rule has been started before",
    ekuiperCode: 1001,
    cure: 'Start the rule once; its operators are known from then on.',
  },
  RULE_GRAPH: {
    text: 'Rule {rule}: {problem}',
    ekuiperCode: 2101,
    cure: 'The graph of the rule does not fit together; the text names the node and what it needs.',
  },
  OPTION_IGNORED: {
    text: '{text}',
    ekuiperCode: 1000,
    cure: 'The call was strict (header Kuiper-Strict, kuiper --strict, basic.strictOptions), and something in it would have had no effect. Nothing was changed. Correct the names that the text gives, or call without strict.',
  },
  SERVICE_REFUSED: { text: '{text}', ekuiperCode: 1000, cure: 'The request was refused; the text says why. Nothing was changed.' },
  SERVICE_NOT_FOUND: { text: '{text}', ekuiperCode: 1002, cure: 'There is nothing of this name. List what exists and correct the name.' },
  SERVICE_CONF_KEY: {
    text: '{text}',
    ekuiperCode: 5000,
    cure: 'Conf keys are JSON objects of properties of an existing source, sink or connection type.',
  },
  SERVICE_MISSING: {
    text: '{what} is not part of this version of the gateway',
    ekuiperCode: 1001,
    cure: 'The call is understood but the feature behind it does not exist yet; see docs/parity.',
  },
  SAFE_MODE: {
    text: 'the gateway is in safe mode, {what} is refused: {reason}',
    ekuiperCode: 1001,
    httpStatus: 503,
    cure: 'Remove the cause of the crashes, e.g. delete or change the rule named in the log, then restart the service.',
  },
  SECRET_UNKNOWN: {
    text: 'secret {name} is not set',
    ekuiperCode: 1000,
    cure: 'Set it with `kuiper secret set {name}`, or correct the name in ${secret:…}; `kuiper secret list` shows the names.',
  },
  SECRET_SEALED: {
    text: '{place}: a sealed secret cannot be opened: {reason}',
    ekuiperCode: 1001,
    cure: 'The key of the device (etc/device.key, or the credential kuiper.secret-key of systemd) is not the one that sealed it. Put that key back, restore a backup with its pass phrase, or set the secrets again.',
  },
  IMPORT_REFUSED: {
    text: '{text}',
    ekuiperCode: 1000,
    cure: 'Nothing was changed. Correct what the text names, or import with onError=skip to leave those objects out.',
  },
  BACKUP_FILE: {
    text: 'this is no backup that can be restored: {reason}',
    ekuiperCode: 1000,
    cure: 'Use a file that `kuiper backup` wrote, with the pass phrase or the key that it was written with.',
  },
  REST_BODY: {
    text: '{what}: {problem}',
    ekuiperCode: 1000,
    cure: 'Send JSON as the API documentation shows; the text says where it stops being valid.',
  },
} as const satisfies Record<string, CatalogueEntry>;
