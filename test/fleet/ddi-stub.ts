// A server that answers as hawkBit's Direct Device Integration API is published to (base, deploymentBase, feedback, cancelAction, configData, downloads
// with ranges). It refuses what the published server refuses: unknown states, feedback for closed actions (410), wrong tokens (401).
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubAction {
  id: string;
  filename: string;
  content: Buffer;
  download: 'skip' | 'attempt' | 'forced';
  update: 'skip' | 'attempt' | 'forced';
  maintenanceWindow?: 'available' | 'unavailable';
  /** What the server announces; wrong on purpose in tests. */
  sha256?: string;
  state: 'running' | 'canceling' | 'canceled' | 'finished' | 'error';
}

export interface StubTarget {
  action: StubAction | undefined;
  attributes: Record<string, string>;
  askAttributes: boolean;
  feedback: { kind: string; action: string; execution: string; finished: string; details: string[] }[];
}

export interface DdiStub {
  readonly url: string;
  readonly targets: Map<string, StubTarget>;
  target(name: string): StubTarget;
  /** `Authorization` that is taken; undefined: any. */
  authorization: ((controller: string) => string) | undefined;
  /** Cuts a download after so many bytes; taken off when it was used. */
  cutAfter: number | undefined;
  /** Ranges that were asked for. */
  readonly ranges: (string | undefined)[];
  /** Lost answers: the server has the feedback, and the device does not know. */
  loseNextFeedbackAnswer: boolean;
  sleep: string;
  close(): Promise<void>;
}

const EXECUTIONS = ['closed', 'proceeding', 'canceled', 'scheduled', 'rejected', 'resumed', 'downloaded', 'download'];

export async function startDdiStub(): Promise<DdiStub> {
  const server = createServer((q, s) => void answer(q, s).catch(() => s.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stub: DdiStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets: new Map(),
    target(name) {
      let found = stub.targets.get(name);
      if (!found) stub.targets.set(name, (found = { action: undefined, attributes: {}, askAttributes: true, feedback: [] }));
      return found;
    },
    authorization: undefined,
    cutAfter: undefined,
    ranges: [],
    loseNextFeedbackAnswer: false,
    sleep: '00:00:01',
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const json = (s: ServerResponse, value: unknown) => void s.setHeader('content-type', 'application/hal+json').end(JSON.stringify(value));
  const status = (s: ServerResponse, code: number) => void s.writeHead(code).end();

  async function answer(q: IncomingMessage, s: ServerResponse): Promise<void> {
    const url = new URL(q.url!, stub.url);
    const [, tenant, , , controller, part, id, last] = url.pathname.split('/').map(decodeURIComponent);
    if (tenant !== 'DEFAULT' || controller === undefined) return status(s, 404);
    if (stub.authorization && q.headers.authorization !== stub.authorization(controller)) return status(s, 401);
    const target = stub.target(controller);
    const base = `${stub.url}/DEFAULT/controller/v1/${controller}`;
    const { action } = target;
    if (part === undefined) {
      const links: Record<string, { href: string }> = {};
      if (action?.state === 'running') links['deploymentBase'] = { href: `${base}/deploymentBase/${action.id}?c=-1` };
      if (action?.state === 'canceling') links['cancelAction'] = { href: `${base}/cancelAction/${action.id}` };
      if (target.askAttributes) links['configData'] = { href: `${base}/configData` };
      return json(s, { config: { polling: { sleep: stub.sleep } }, _links: links });
    }
    if (part === 'configData' && q.method === 'PUT') {
      const { data, mode } = (await body(q)) as { data: Record<string, string>; mode: string };
      if (!['merge', 'replace', 'remove'].includes(mode)) return status(s, 400);
      target.attributes = { ...target.attributes, ...data };
      target.askAttributes = false;
      return status(s, 200);
    }
    if (part === 'artifact') return artifact(q, s, target);
    if (last === 'feedback' && q.method === 'POST') return feedback(q, s, target, part, id!);
    if (!action || action.id !== id) return status(s, 404);
    if (part === 'cancelAction') return action.state === 'canceling' ? json(s, { id, cancelAction: { stopId: id } }) : status(s, 404);
    if (part !== 'deploymentBase' || action.state !== 'running') return status(s, 404);
    const { filename, content, download, update, maintenanceWindow } = action;
    const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
    json(s, {
      id,
      deployment: {
        download,
        update,
        ...(maintenanceWindow ? { maintenanceWindow } : {}),
        chunks: [
          {
            part: 'os',
            version: '2',
            name: 'image',
            artifacts: [
              {
                filename,
                hashes: { sha1: hash('sha1'), md5: hash('md5'), sha256: action.sha256 ?? hash('sha256') },
                size: content.length,
                _links: { 'download-http': { href: `${base}/artifact/${filename}` }, download: { href: `${base}/artifact/${filename}` } },
              },
            ],
          },
        ],
      },
    });
  }

  function artifact(q: IncomingMessage, s: ServerResponse, { action }: StubTarget): void {
    stub.ranges.push(q.headers.range);
    if (!action) return status(s, 404);
    const start = Number(/^bytes=(\d+)-$/.exec(q.headers.range ?? '')?.[1] ?? 0);
    if (start >= action.content.length) return status(s, 416);
    const piece = action.content.subarray(start);
    s.writeHead(start > 0 ? 206 : 200, {
      'content-length': piece.length,
      'accept-ranges': 'bytes',
      ...(start > 0 ? { 'content-range': `bytes ${start}-${action.content.length - 1}/${action.content.length}` } : {}),
    });
    const cut = stub.cutAfter;
    if (cut === undefined) return void s.end(piece);
    stub.cutAfter = undefined;
    // what was sent arrives before the connection goes
    s.write(piece.subarray(0, cut), () => setTimeout(() => s.destroy(), 300));
  }

  async function feedback(q: IncomingMessage, s: ServerResponse, target: StubTarget, kind: string, id: string): Promise<void> {
    const { status: told } = (await body(q)) as {
      status?: { execution: string; result: { finished: string }; details?: string[] };
    };
    const { action } = target;
    if (!told || !EXECUTIONS.includes(told.execution) || !['success', 'failure', 'none'].includes(told.result?.finished))
      return status(s, 400);
    if (!action || action.id !== id) return status(s, 404);
    if (kind === 'deploymentBase' && action.state !== 'running') return status(s, 410);
    target.feedback.push({ kind, action: id, execution: told.execution, finished: told.result.finished, details: told.details ?? [] });
    if (told.execution === 'closed')
      action.state = kind === 'cancelAction' ? 'canceled' : told.result.finished === 'failure' ? 'error' : 'finished';
    if (kind === 'cancelAction' && told.execution === 'rejected') action.state = 'running';
    if (action.state === 'finished') target.askAttributes = true;
    if (stub.loseNextFeedbackAnswer && told.execution === 'closed') {
      stub.loseNextFeedbackAnswer = false;
      s.destroy();
    } else status(s, 200);
  }
  return stub;
}

async function body(q: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of q as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
