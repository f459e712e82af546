// The four nodes: kuiper-gateway (where it is), kuiper in (a rule's results), kuiper out (feeds a stream), kuiper rule (deploys a rule). Bundled to CommonJS with
// kuiper.html beside it by scripts/node-red.ts. A gateway that goes away is shown by the dot; everything goes on when it is back.
import { call, follow, type GatewayAddress, GatewayError, push } from './gateway-client.ts';
import { type HttpRequest, type Message, Node, type Red, type RedNode } from './red.ts';

const NAME = /^[A-Za-z0-9_-]{1,100}$/;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const HEALTH_EVERY_MS = 3_000;
/** Messages of a `kuiper out` that wait for the gateway; one more is refused to its flow. */
const MAX_WAITING = 1_000;

interface GatewayConfig {
  url: string;
  dataPort: string | number;
}

interface GatewayNode extends RedNode {
  address: GatewayAddress;
}

const resultPath = (rule: string): string => `/node-red/${rule}`;
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Waits with growing pauses, until the signal. */
function pauses(signal: AbortSignal): { next(): Promise<void>; reset(): void } {
  let pauseMs = FIRST_PAUSE_MS;
  return {
    reset: () => void (pauseMs = FIRST_PAUSE_MS),
    async next() {
      const waitMs = pauseMs * (0.75 + Math.random() / 2);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    },
  };
}

export default function nodes(RED: Red): void {
  class Gateway extends Node {
    address: GatewayAddress;
    constructor(config: GatewayConfig) {
      super(RED);
      this.createNode(config);
      this.address = {
        url: config.url || 'http://127.0.0.1:9081',
        dataPort: Number(config.dataPort) || 10081,
        token: this.credentials?.['token'],
      };
    }
  }
  Gateway.registerType(RED, 'kuiper-gateway', { credentials: { token: { type: 'password' } } });

  const addressOf = (id: string): GatewayAddress | undefined => (RED.nodes.getNode(id) as GatewayNode | null)?.address;

  class RuleResults extends Node {
    constructor(config: { gateway: string; rule: string }) {
      super(RED);
      this.createNode(config);
      const to = addressOf(config.gateway);
      const end = new AbortController();
      this.on('close', (_removed, done) => {
        end.abort();
        done();
      });
      if (!to || !NAME.test(config.rule ?? '')) {
        this.status({ fill: 'grey', shape: 'ring', text: 'not configured' });
        return;
      }
      void this.run(to, config.rule, end.signal);
    }

    private async run(to: GatewayAddress, rule: string, signal: AbortSignal): Promise<void> {
      const pause = pauses(signal);
      while (!signal.aborted) {
        try {
          await addOutput(to, rule);
          await follow(
            to,
            resultPath(rule),
            signal,
            () => {
              pause.reset();
              this.status({ fill: 'green', shape: 'dot', text: 'connected' });
            },
            (text) => this.deliver(rule, text),
          );
        } catch (error) {
          if (signal.aborted) return;
          this.status({ fill: 'red', shape: 'ring', text: shortOf(error) });
        }
        await pause.next();
      }
    }

    private deliver(rule: string, text: string): void {
      let payload: unknown = text;
      try {
        payload = JSON.parse(text);
      } catch {
        // a template gave text that is not JSON: it is the payload as it is
      }
      this.send({ topic: rule, payload });
    }
  }
  RuleResults.registerType(RED, 'kuiper in');

  class StreamFeed extends Node {
    private readonly waiting: { msg: Message; done: (error?: Error) => void }[] = [];
    private sending = false;
    private readonly end = new AbortController();

    constructor(config: { gateway: string; stream: string; create: boolean }) {
      super(RED);
      this.createNode(config);
      const to = addressOf(config.gateway);
      if (!to || !NAME.test(config.stream ?? '')) {
        this.status({ fill: 'grey', shape: 'ring', text: 'not configured' });
        return;
      }
      this.on('input', (msg, _send, done) => {
        if (this.waiting.length >= MAX_WAITING)
          return done(new Error(`${MAX_WAITING} messages wait for the gateway; this one is not sent`));
        this.waiting.push({ msg, done });
        if (!this.sending) void this.drain(to, config.stream);
      });
      this.on('close', (_removed, done) => {
        this.end.abort();
        for (const w of this.waiting.splice(0)) w.done(new Error('the node was stopped before the gateway took the message'));
        done();
      });
      if (config.create) void this.create(to, config.stream);
    }

    private async create(to: GatewayAddress, stream: string): Promise<void> {
      const pause = pauses(this.end.signal);
      while (!this.end.signal.aborted) {
        try {
          await call(to, 'POST', '/streams', {
            sql: `CREATE STREAM \`${stream}\` () WITH (TYPE="httppush", DATASOURCE="${resultPath(stream)}", FORMAT="json", SHARED="true")`,
          });
          return this.status({ fill: 'green', shape: 'dot', text: 'stream created' });
        } catch (error) {
          if (error instanceof GatewayError && error.status !== 0) {
            if (/already exists/.test(error.message)) return this.status({ fill: 'green', shape: 'dot', text: 'ready' });
            this.error(textOf(error));
            return this.status({ fill: 'red', shape: 'dot', text: shortOf(error) });
          }
          this.status({ fill: 'red', shape: 'ring', text: shortOf(error) });
        }
        await pause.next();
      }
    }

    private async drain(to: GatewayAddress, stream: string): Promise<void> {
      this.sending = true;
      const pause = pauses(this.end.signal);
      while (this.waiting.length > 0 && !this.end.signal.aborted) {
        const { msg, done } = this.waiting[0]!;
        try {
          const body =
            typeof msg.payload === 'object' && msg.payload !== null
              ? msg.payload
              : { payload: msg.payload ?? null, topic: msg.topic ?? '' };
          await push(to, resultPath(stream), body);
          this.waiting.shift();
          pause.reset();
          this.status({ fill: 'green', shape: 'dot', text: this.waiting.length > 0 ? `${this.waiting.length} wait` : 'sent' });
          done();
        } catch (error) {
          const refused =
            error instanceof GatewayError && error.status >= 400 && error.status < 500 && error.status !== 404 && error.status !== 429;
          if (refused) {
            // it can never succeed: the flow hears of it, and the next one has its turn
            this.waiting.shift();
            done(error as Error);
            continue;
          }
          this.status({ fill: 'red', shape: 'ring', text: `${this.waiting.length} wait: ${shortOf(error)}` });
          await pause.next();
        }
      }
      this.sending = false;
    }
  }
  StreamFeed.registerType(RED, 'kuiper out');

  class Rule extends Node {
    constructor(config: { gateway: string; rule: string; sql: string; actions: string; options: string }) {
      super(RED);
      this.createNode(config);
      const to = addressOf(config.gateway);
      const end = new AbortController();
      if (!to || !NAME.test(config.rule ?? '') || !config.sql) {
        this.status({ fill: 'grey', shape: 'ring', text: 'not configured' });
        return;
      }
      this.on('input', (msg, _send, done) => {
        const command = String(msg.payload);
        if (command !== 'start' && command !== 'stop' && command !== 'restart')
          return done(new Error('a rule takes the payloads start, stop and restart'));
        call(to, 'POST', `/rules/${config.rule}/${command}`).then(
          () => done(),
          (error: unknown) => done(error as Error),
        );
      });
      this.on('close', (removed, done) => {
        end.abort();
        if (!removed) return done();
        // the node was deleted: its rule goes with it
        call(to, 'DELETE', `/rules/${config.rule}`).then(
          () => done(),
          (error: unknown) => {
            this.warn(`rule ${config.rule} could not be deleted: ${textOf(error)}`);
            done();
          },
        );
      });
      void this.deploy(to, config, end.signal);
    }

    private async deploy(
      to: GatewayAddress,
      config: { rule: string; sql: string; actions: string; options: string },
      signal: AbortSignal,
    ): Promise<void> {
      const pause = pauses(signal);
      let told = '';
      while (!signal.aborted) {
        try {
          await putRule(to, ruleOf(config));
          break;
        } catch (error) {
          if (signal.aborted) return;
          const refused = error instanceof GatewayError && error.status !== 0;
          // refused for now: a stream may come with another node, a statement may be mended on the gateway
          if (refused && textOf(error) !== told) this.warn((told = textOf(error)));
          if (refused) {
            this.status({ fill: 'red', shape: 'dot', text: shortOf(error) });
            await pause.next();
            continue;
          }
          this.status({ fill: 'red', shape: 'ring', text: shortOf(error) });
        }
        await pause.next();
      }
      while (!signal.aborted) {
        await this.showHealth(to, config);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, HEALTH_EVERY_MS);
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
        });
      }
    }

    private async showHealth(to: GatewayAddress, config: { rule: string; sql: string; actions: string; options: string }): Promise<void> {
      try {
        const health = JSON.parse(await call(to, 'GET', `/rules/${config.rule}/health`)) as { ok?: boolean; problems?: unknown[] };
        const problem = health.problems?.[0];
        if (health.ok !== false) this.status({ fill: 'green', shape: 'dot', text: 'running' });
        else
          this.status({
            fill: 'yellow',
            shape: 'dot',
            text: String((problem as { text?: string })?.text ?? problem ?? 'not well').slice(0, 60),
          });
      } catch (error) {
        this.status({ fill: 'red', shape: 'ring', text: shortOf(error) });
        // a gateway that came back empty gets the rule again
        if (error instanceof GatewayError && error.status === 404)
          await putRule(to, ruleOf(config)).catch((again: unknown) => this.warn(textOf(again)));
      }
    }
  }
  Rule.registerType(RED, 'kuiper rule');

  /** The editor asks while one types: the answer is the gateway's own text, with place and hint. */
  RED.httpAdmin.post('/kuiper/validate', RED.auth.needsPermission('kuiper.write'), async (request: HttpRequest, response) => {
    const { gateway, sql, url } = (request.body ?? {}) as { gateway?: string; sql?: string; url?: string };
    const to = (gateway && addressOf(gateway)) || (url ? { url, dataPort: 10081, token: undefined } : undefined);
    if (!to) return response.json({ ok: false, text: 'Choose a gateway and deploy it first.' });
    try {
      await call(to, 'POST', '/rules/validate', { id: 'node_red_check', sql: String(sql ?? ''), actions: [{ log: {} }] });
      response.json({ ok: true, text: 'The gateway takes this statement.' });
    } catch (error) {
      response.json({ ok: false, text: textOf(error) });
    }
  });
}

function ruleOf({ rule, sql, actions, options }: { rule: string; sql: string; actions: string; options: string }): {
  id: string;
  actions: Record<string, unknown>[];
} {
  const parse = <T>(what: string, text: string | undefined, fallback: T): T => {
    if (!text?.trim()) return fallback;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new GatewayError(`${what} is not JSON: ${textOf(error)}`, 400);
    }
  };
  const own = parse<Record<string, unknown>[]>('Actions', actions, []);
  const more = parse<Record<string, unknown>>('Options', options, {});
  return { id: rule, sql, actions: [...own, { sse: { endpoint: resultPath(rule), sendSingle: true } }], options: more } as never;
}

async function putRule(to: GatewayAddress, rule: { id: string }): Promise<void> {
  try {
    await call(to, 'PUT', `/rules/${rule.id}`, rule);
  } catch (error) {
    if (!(error instanceof GatewayError) || !/not found|is not/i.test(error.message) || error.status === 0) throw error;
    await call(to, 'POST', '/rules', rule);
  }
}

/** A rule that was made elsewhere gets the action that gives its results to Node-RED. */
async function addOutput(to: GatewayAddress, rule: string): Promise<void> {
  const found = JSON.parse(await call(to, 'GET', `/rules/${rule}`)) as { actions?: Record<string, { endpoint?: string }>[] };
  const actions = found.actions ?? [];
  if (actions.some((a) => a['sse']?.endpoint === resultPath(rule))) return;
  await call(to, 'PUT', `/rules/${rule}`, { ...found, actions: [...actions, { sse: { endpoint: resultPath(rule), sendSingle: true } }] });
}

const shortOf = (error: unknown): string => textOf(error).split('\n')[0]!.slice(0, 60);
