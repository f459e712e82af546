// `kuiper lsp` as an editor sees it: the program over stdio, spoken to by the client side of the protocol's own library.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createMessageConnection, type MessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import {
  type CodeAction,
  CodeActionRequest,
  type CompletionItem,
  CompletionRequest,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentFormattingRequest,
  ExitNotification,
  type Hover,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  LogMessageNotification,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShutdownRequest,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import type { RestServer } from '../../src/rest/server.ts';
import { until } from '../helpers/mosquitto.ts';
import { makeService } from '../service/make-service.ts';
import { restOf } from './rest-of.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const URI = 'file:///project/rules.sql';

let made: Awaited<ReturnType<typeof makeService>>;
let server: RestServer;
beforeAll(async () => {
  made = await makeService();
  server = await restOf(made);
  await made.sql('CREATE STREAM plant (temperature FLOAT, o STRUCT(x BIGINT)) WITH (DATASOURCE="plant")');
});
afterAll(async () => {
  server.destroy();
  await server.close();
  await made.close();
});

interface EditorClient {
  readonly connection: MessageConnection;
  readonly child: ChildProcess;
  readonly published: PublishDiagnosticsParams[];
  readonly logged: string[];
  open(text: string, uri?: string): void;
  /** Diagnostics of the document in that version, as `line:column-line:column code`. */
  diagnosticsOf(version: number, uri?: string): Promise<PublishDiagnosticsParams>;
  end(): Promise<number | null>;
}

const running: EditorClient[] = [];
afterEach(async () => {
  for (const client of running.splice(0)) await client.end();
});

async function startClient(...args: string[]): Promise<EditorClient> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!));
  const published: PublishDiagnosticsParams[] = [];
  const logged: string[] = [];
  connection.onNotification(PublishDiagnosticsNotification.type, (p) => void published.push(p));
  connection.onNotification(LogMessageNotification.type, (p) => void logged.push(p.message));
  connection.listen();
  const { capabilities, serverInfo } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  expect(capabilities).toMatchObject({
    hoverProvider: true,
    documentFormattingProvider: true,
    codeActionProvider: true,
    textDocumentSync: 2,
  });
  expect(serverInfo?.name).toBe('kuiper');
  await connection.sendNotification(InitializedNotification.type, {});
  let ended = false;
  const client: EditorClient = {
    connection,
    child,
    published,
    logged,
    open: (text, uri = URI) =>
      void connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId: 'sql', version: 1, text },
      }),
    async diagnosticsOf(version, uri = URI) {
      await until(() => published.some((p) => p.uri === uri && p.version === version), `diagnostics of version ${version}`, 20_000);
      return published.findLast((p) => p.uri === uri && p.version === version)!;
    },
    async end() {
      if (ended) return child.exitCode;
      ended = true;
      const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      const code = await exited;
      connection.dispose();
      return code;
    },
  };
  running.push(client);
  return client;
}

const online = () => startClient('--url', server.url, 'lsp', '--stdio');
const at = (line: number, character: number) => ({ textDocument: { uri: URI }, position: { line, character } });
const shown = ({ diagnostics }: PublishDiagnosticsParams) =>
  diagnostics.map(
    (d) => `${d.range.start.line}:${d.range.start.character}-${d.range.end.line}:${d.range.end.character} ${d.severity} ${String(d.code)}`,
  );

// @covers issue:20#9
describe('kuiper lsp', () => {
  test('tells mistakes with range, code and hint, offers the correction, and takes them back when they are mended', async () => {
    const client = await online();
    client.open('-- ünïcode 🙂\nSELECT avgg(temperature) FROM plant;\nSELECT humidity FROM plant;');
    const first = await client.diagnosticsOf(1);
    expect(shown(first)).toEqual(['1:7-1:11 1 SQL_UNKNOWN_FUNCTION', '2:7-2:15 1 PLAN_UNKNOWN_COLUMN']);
    expect(first.diagnostics[0]).toMatchObject({ source: 'kuiper', message: 'function avgg not found\nhint: did you mean avg?' });
    const range = first.diagnostics[0]!.range;
    const actions = (await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: URI },
      range,
      context: { diagnostics: first.diagnostics },
    })) as CodeAction[];
    expect(actions).toHaveLength(1);
    expect(actions[0]).toMatchObject({ title: 'Change to avg', edit: { changes: { [URI]: [{ range, newText: 'avg' }] } } });
    await client.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [
        { range, text: 'abs' },
        { range: { start: { line: 2, character: 7 }, end: { line: 2, character: 15 } }, text: 'o' },
      ],
    });
    expect((await client.diagnosticsOf(2)).diagnostics).toEqual([]);
  });

  test('completes streams, columns, members and functions of the gateway, with the range that is replaced', async () => {
    const client = await online();
    client.open('SELECT tem, o-> FROM plant WHERE substri\nGROUP');
    const ask = async (line: number, character: number) =>
      (await client.connection.sendRequest(CompletionRequest.type, at(line, character))) as CompletionItem[];
    const [column] = await ask(0, 10);
    expect(column).toMatchObject({
      label: 'temperature',
      detail: 'FLOAT',
      textEdit: { range: { start: { line: 0, character: 7 }, end: { line: 0, character: 10 } }, newText: 'temperature' },
    });
    expect((await ask(0, 15)).map((i) => i.label)).toEqual(['x']);
    expect((await ask(0, 21)).map((i) => i.label)).toEqual(['plant']);
    expect((await ask(0, 40)).map((i) => i.label)).toEqual(['substring']);
  });

  test('knows a stream that the file makes before the file has been checked', async () => {
    const client = await startClient('lsp', '--offline');
    client.open('CREATE STREAM mill (speed FLOAT) WITH (DATASOURCE="m");\nSELECT sp FROM mill;');
    const items = (await client.connection.sendRequest(CompletionRequest.type, at(1, 9))) as CompletionItem[];
    expect(items.map((i) => i.label)).toContain('speed');
  });

  test('shows what a word means, formats the document, and leaves one with a mistake as it is', async () => {
    const client = await online();
    client.open('select abs(temperature) from plant -- why\n');
    const hover = (await client.connection.sendRequest(HoverRequest.type, at(0, 8))) as Hover;
    expect(hover.range).toEqual({ start: { line: 0, character: 7 }, end: { line: 0, character: 10 } });
    expect((hover.contents as { value: string }).value).toContain('Absolute value');
    expect(await client.connection.sendRequest(HoverRequest.type, at(0, 40))).toBeNull();
    const format = () =>
      client.connection.sendRequest(DocumentFormattingRequest.type, {
        textDocument: { uri: URI },
        options: { tabSize: 2, insertSpaces: true },
      }) as Promise<TextEdit[]>;
    expect(await format()).toEqual([
      {
        range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
        newText: 'SELECT abs(temperature) FROM plant -- why\n',
      },
    ]);
    await client.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [{ text: 'select a frm plant' }],
    });
    expect(await format()).toEqual([]);
  });

  test('works without a gateway: other open files make streams, unknown ones are taken as given, and it says once that nobody answers', async () => {
    const client = await startClient('--url', 'http://127.0.0.1:9', 'lsp');
    client.open('CREATE STREAM made (b BIGINT) WITH (DATASOURCE="x");', 'file:///project/streams.sql');
    expect((await client.diagnosticsOf(1, 'file:///project/streams.sql')).diagnostics).toEqual([]);
    client.open('SELECT b FROM made;\nSELECT c FROM made;\nSELECT d FROM elsewhere; SELECT FROM');
    expect(shown(await client.diagnosticsOf(1))).toEqual(['1:7-1:8 1 PLAN_UNKNOWN_COLUMN', '2:32-2:36 1 SQL_SYNTAX']);
    const items = (await client.connection.sendRequest(CompletionRequest.type, at(0, 14))) as CompletionItem[];
    expect(items.map((i) => i.label)).toEqual(['made']);
    expect(client.logged.filter((l) => l.includes('The gateway does not answer'))).toHaveLength(1);
  });

  test('a stream that another open file makes is none of the gateway, and no mistake', async () => {
    const client = await online();
    client.open('CREATE STREAM draft () WITH (DATASOURCE="x");', 'file:///project/streams.sql');
    await client.diagnosticsOf(1, 'file:///project/streams.sql');
    client.open('SELECT a FROM draft;\nSELECT a FROM nowhere');
    expect(shown(await client.diagnosticsOf(1))).toEqual(['1:14-1:21 1 PLAN_UNKNOWN_SOURCE']);
  });

  test('clears the mistakes of a document that is closed, and ends with its editor', async () => {
    const client = await online();
    client.open('SELECT FROM');
    expect((await client.diagnosticsOf(1)).diagnostics).toHaveLength(1);
    await client.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri: URI } });
    await until(() => client.published.at(-1)?.diagnostics.length === 0, 'they are cleared');
    expect(await client.end()).toBe(0);
  });

  test('ends when its input does, also without a word of the editor', async () => {
    const child = spawn(process.execPath, [MAIN, 'lsp', '--offline'], { stdio: ['pipe', 'ignore', 'inherit'] });
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.stdin.end();
    expect(await exited).not.toBeNull();
  });
});
