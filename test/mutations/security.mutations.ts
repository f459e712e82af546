// Mutations of the checks against hostile input: names, links, addresses, tokens, budgets, payloads that grow, quarantine.
import type { MutationList } from './mutation.ts';

const places = 'src/base/files/own-places.ts';
const below = 'src/base/files/open-below.ts';
const net = 'src/base/net-guard.ts';
const jwt = 'src/rest/jwt.ts';
const backoff = 'src/rest/token-backoff.ts';
const access = 'src/rest/access.ts';
const budget = 'src/base/budget.ts';
const weigh = 'src/codecs/protobuf/weigh.ts';
const protobuf = 'src/codecs/protobuf/index.ts';
const form = 'src/codecs/urlencoded/index.ts';
const quarantine = 'src/plugin-host/versions/quarantine.ts';
const download = 'src/service/download.ts';
const times = 'src/data/datetime-from.ts';

export const mutations: MutationList = {
  area: 'security',
  tests: [
    'test/base/net-guard.test.ts',
    'test/base/budget.test.ts',
    'test/base/own-places.test.ts',
    'test/codecs/hostile-payloads.test.ts',
    'test/connectors/dynamic-properties.test.ts',
    'test/connectors/file/place.test.ts',
    'test/daemon/own-places.test.ts',
    'test/data/datetime-from.test.ts',
    'test/plugin-host/versions/quarantine.test.ts',
    'test/rest/odd-bodies.test.ts',
    'test/service/download-redirects.test.ts',
    'test/rest/access.test.ts',
    'test/rest/before-token.test.ts',
  ],
  mutations: [
    {
      id: 'links-are-followed',
      file: below,
      find: 'O_WRONLY) | O_CREAT | O_NOFOLLOW | O_NONBLOCK',
      replace: 'O_WRONLY) | O_CREAT | O_NONBLOCK',
    },
    { id: 'folders-may-be-links', file: below, find: 'O_RDONLY | O_DIRECTORY | O_NOFOLLOW;', replace: 'O_RDONLY | O_DIRECTORY;' },
    { id: 'hard-links-are-written', file: below, find: 'found.nlink > 1', replace: 'found.nlink > 2' },
    { id: 'pipes-are-written', file: below, find: '!found.isFile() && !device', replace: 'false' },
    { id: 'devices-are-chosen', file: below, find: 'found.isCharacterDevice() && !chosenByMessage', replace: 'found.isCharacterDevice()' },
    { id: 'own-state-by-another-case', file: places, find: '|\\.damaged-|^\\./i;', replace: '|\\.damaged-|^\\./;' },
    { id: 'uploads-are-a-target', file: places, find: "  'uploads',\n", replace: '' },
    { id: 'known-places-never-renewed', file: places, find: 'performance.now() - old.atMs < KNOWN_FOR_MS', replace: 'old.atMs > 0' },
    { id: 'mapped-addresses-pass', file: net, find: "internal.check(mapped, 'ipv4')", replace: 'false' },
    { id: 'what-is-no-address-passes', file: net, find: '    default:\n      return true;', replace: '    default:\n      return false;' },
    { id: 'only-the-first-address-is-checked', file: net, find: 'addresses.find((a) =>', replace: 'addresses.slice(0, 1).find((a) =>' },
    {
      id: 'literal-hosts-pass',
      file: net,
      find: 'isIP(host) && isInternalAddress(host)',
      replace: 'isIP(host) === 6 && isInternalAddress(host)',
    },
    {
      id: 'none-is-an-algorithm',
      file: jwt,
      find: "header['alg'] !== 'RS256'",
      replace: "header['alg'] !== 'RS256' && header['alg'] !== 'none'",
    },
    { id: 'crit-is-ignored', file: jwt, find: "Object.hasOwn(header, 'crit')", replace: 'false' },
    {
      id: 'exp-may-be-missing',
      file: jwt,
      find: "!isTime(claims['exp'])",
      replace: "claims['exp'] !== undefined && !isTime(claims['exp'])",
    },
    { id: 'exp-is-its-last-second', file: jwt, find: "nowS >= claims['exp']", replace: "nowS > claims['exp']" },
    { id: 'milliseconds-are-times', file: jwt, find: ' && value <= LAST_S;', replace: ';' },
    {
      id: 'the-greater-role-counts',
      file: jwt,
      find: "roles.includes('viewer') ? 'viewer'",
      replace: "roles.every((r) => r === 'viewer') ? 'viewer'",
    },
    { id: 'no-role-of-a-list-is-admin', file: jwt, find: 'roles.length === 0 || ', replace: '' },
    { id: 'guessing-is-free', file: backoff, find: 'allowance: now.allowance - 1', replace: 'allowance: now.allowance' },
    { id: 'right-tokens-wait-too', file: backoff, find: ' && !right.has(mark)', replace: '' },
    {
      id: 'a-revoked-token-stays-right',
      file: backoff,
      find: '        right.delete(mark);\n        left.delete',
      replace: '        left.delete',
    },
    { id: 'addresses-without-bound', file: backoff, find: 'if (left.size > MAX_ADDRESSES)', replace: 'if (left.size > MAX_ADDRESSES * 9)' },
    {
      id: 'the-page-of-another-site',
      file: access,
      find: "(site === 'cross-site' || site === 'same-site')",
      replace: "site === 'cross-site'",
    },
    { id: 'a-name-goes-on-behind-the-port', file: access, find: '(?::\\d{1,5})?\\/?$/i', replace: '(?::\\d{1,5})?\\/?/i' },
    { id: 'time-is-no-budget', file: budget, find: 'if (usedMs > maxMs) {', replace: 'if (usedMs > maxMs * 1000) {' },
    { id: 'swallowed-errors-go-on', file: budget, find: '      this.spent = this.maxSteps + 1; //', replace: '      //' },
    { id: 'payloads-are-not-weighed', file: protobuf, find: '          weighMessage(type, payload);\n', replace: '' },
    { id: 'the-budget-looks-like-damage', file: protobuf, find: 'if (isBudgetError(error)) throw error;', replace: '' },
    { id: 'empty-messages-weigh-nothing', file: weigh, find: 'const MESSAGE_STEPS = 8', replace: 'const MESSAGE_STEPS = 0' },
    { id: 'defaults-weigh-nothing', file: weigh, find: 'spend(MESSAGE_STEPS + FIELD_STEPS * fields);', replace: 'spend(MESSAGE_STEPS);' },
    { id: 'packed-values-weigh-nothing', file: weigh, find: 'spend(VALUE_STEPS * values);', replace: '' },
    {
      id: 'values-of-maps-weigh-nothing',
      file: weigh,
      find: 'weigh(value, reader, endOf(reader, end), depth);',
      replace: 'reader.skip(reader.uint32());',
    },
    { id: 'entries-weigh-nothing', file: weigh, find: 'spend(ENTRY_STEPS);', replace: '' },
    { id: 'a-cut-message-is-too-dear', file: weigh, find: 'if (length > reader.len - reader.pos) return;', replace: '' },
    { id: 'form-names-weigh-nothing', file: form, find: 'spend(parts.length * 14);', replace: '' },
    { id: 'errors-quote-all', file: form, find: 'text.length > MAX_QUOTED_CHARS ?', replace: 'false ?' },
    {
      id: 'quarantine-of-any-content',
      file: quarantine,
      find: 'e.plugin === plugin && e.hash === hash && !e.isolate',
      replace: 'e.plugin === plugin && !e.isolate',
    },
    { id: 'quarantine-is-not-stored', file: quarantine, find: '.slice(-200);\n      save();', replace: '.slice(-200);' },
    {
      id: 'releases-are-not-stored',
      file: quarantine,
      find: 'entries = entries.filter((e) => e.plugin !== plugin);\n      save();',
      replace: 'entries = entries.filter((e) => e.plugin !== plugin);',
    },
    {
      id: 'only-the-first-address-is-judged',
      file: download,
      find: 'if (!privateNet) checkLiteralHost',
      replace: 'if (!privateNet && redirects === MAX_REDIRECTS) checkLiteralHost',
    },
    {
      id: 'a-redirect-goes-anywhere',
      file: download,
      find: 'target).href, privateNet, redirects',
      replace: 'target).href, true, redirects',
    },
    { id: 'one-redirect-more', file: download, find: 'if (redirects === 0)', replace: 'if (redirects < 0)' },
    { id: 'any-number-is-a-time', file: times, find: 'if (Math.abs(v) <= MAX_MS)', replace: 'if (Number.isFinite(v))' },
  ],
};
