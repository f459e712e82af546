// Mutations of the keeper of connections.
import type { MutationList } from './mutation.ts';

const file = 'src/runtime/link/link.ts';
const table = 'src/runtime/link/link-machine.ts';

export const mutations: MutationList = {
  area: 'link',
  tests: ['test/runtime/link'],
  mutations: [
    { id: 'stale-loss', file, find: 'if (generation !== this.generation) return;', replace: '' },
    { id: 'stale-open', file, find: "if (generation === this.generation) this.apply('opened');", replace: "this.apply('opened');" },
    { id: 'no-open-limit', file, find: "limitMs > 0 && this.phase === 'opening'", replace: "limitMs < 0 && this.phase === 'opening'" },
    { id: 'limit-of-none', file, find: 'if (limitMs > 0 &&', replace: 'if (limitMs >= 0 &&' },
    { id: 'heard-ignored', file, find: 'if (this.openTimer !== undefined) this.clearOpenTimer();', replace: '' },
    { id: 'open-timer-left', file, find: "case 'up':\n        this.clearOpenTimer();", replace: "case 'up':" },
    { id: 'close-awaited-for-ever', file, find: 'await Promise.race([answer, late]);', replace: 'await answer;' },
    { id: 'close-timer-left', file, find: 'clock.clear(timer);', replace: '' },
    { id: 'close-error-swallowed', file, find: 'this.owner.closeFailed(error);', replace: '' },
    { id: 'shut-forgotten', file, find: "this.apply('shut');", replace: '' },
    { id: 'pause-forgotten', file, find: "this.apply('due');", replace: '' },
    { id: 'pause-left-at-end', file, find: "if (e === 'disarm') this.disarm();", replace: '' },
    { id: 'no-pause', file, find: 'setTimer(this.pauseMs, () => {', replace: 'setTimer(0, () => {' },
    { id: 'pause-never-shrinks', file, find: '>= STABLE_MS) this.backoff.reset();', replace: '>= STABLE_MS) this.backoff.next();' },
    { id: 'pause-always-shrinks', file, find: 'this.upSinceMs >= STABLE_MS)', replace: 'this.upSinceMs >= 0)' },
    {
      id: 'proven-ignored',
      file,
      find: 'this.backoff.tries > 0) this.backoff.reset();',
      replace: 'this.backoff.tries > 0) this.backoff.next();',
    },
    { id: 'end-is-a-loss', file, find: 'this.owner.isEnd?.(error) === true', replace: 'false' },
    {
      id: 'connected-after-loss',
      file,
      find: "if (state === 'connected' && (this.phase",
      replace: "if (state !== 'connected' && (this.phase",
    },
    {
      id: 'reported-twice',
      file,
      find: "if (!this.statusReported) this.onStatus('connected', '');",
      replace: "this.onStatus('connected', '');",
    },
    { id: 'connecting-shown-as-up', file, find: 'this.statusReported = true;', replace: '' },
    { id: 'try-not-shown', file, find: '} else if (before !== state) c.lastTryAtMs = nowMs;', replace: '}' },
    { id: 'connect-time-moves', file, find: "if (before !== 'connected') c.lastConnectedAtMs", replace: 'c.lastConnectedAtMs' },
    { id: 'losses-not-counted', file, find: 'this.losses.lost(this.options.clock.monotonic());', replace: '' },
    { id: 'reopening-not-counted', file, find: 'this.losses.reopening();', replace: '' },
    { id: 'end-without-close', file, find: "if (effects.includes('bye'))", replace: "if (effects.includes('open'))" },
    { id: 'end-does-not-wait', file, find: 'await this.closing;', replace: '' },
    {
      id: 'lost-not-closed',
      file: table,
      find: "open: {\n    failed: { to: 'closing', effects: ['down', 'close'] }",
      replace: "open: {\n    failed: { to: 'closing', effects: ['down'] }",
    },
    {
      id: 'finished-not-closed',
      file: table,
      find: "finished: {\n    end: { to: 'ended', effects: ['bye'] }",
      replace: "finished: {\n    end: { to: 'ended', effects: [] }",
    },
    { id: 'closed-twice', file: table, find: "end: { to: 'ended', effects: [] }", replace: "end: { to: 'ended', effects: ['bye'] }" },
  ],
};
