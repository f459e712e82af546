// The language server: `kuiper lsp` over stdio, for VS Code, Neovim, Helix and others. Answers come from help-source.ts; here is only the protocol.
// Nothing but the protocol goes to standard output. Loaded on use.
import type { Readable, Writable } from 'node:stream';
import {
  type CodeAction,
  type CompletionItem,
  CompletionItemKind,
  createConnection,
  type Diagnostic,
  DiagnosticSeverity,
  MarkupKind,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Diagnostic as Found, CompletionItem as Item } from '../../service/editor/index.ts';
import type { HelpSource } from './help-source.ts';

/** A document is checked so long after the last keystroke. */
const QUIET_MS = 150;
/** A longer one is no statement that somebody types. */
const MAX_CHARS = 1_000_000;

const KINDS: Readonly<Record<Item['kind'], CompletionItemKind>> = {
  column: CompletionItemKind.Field,
  function: CompletionItemKind.Function,
  stream: CompletionItemKind.Module,
  table: CompletionItemKind.Module,
  keyword: CompletionItemKind.Keyword,
  window: CompletionItemKind.Function,
  unit: CompletionItemKind.Unit,
  type: CompletionItemKind.TypeParameter,
  option: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  meta: CompletionItemKind.Property,
};

export interface LanguageServerOptions {
  input: Readable;
  output: Writable;
  version: string;
  /** @param away told when the gateway does not answer */
  help(away: (reason: string) => void): HelpSource;
}

/** @returns when the client has left */
export function runLanguageServer({ input, output, version, help: helpOf }: LanguageServerOptions): Promise<void> {
  const connection = createConnection(ProposedFeatures.all, new StreamMessageReader(input), new StreamMessageWriter(output));
  const documents = new TextDocuments(TextDocument);
  const help = helpOf((reason) =>
    connection.console.warn(`The gateway does not answer; only built-in functions and open files are known. ${reason}`),
  );
  const timers = new Map<string, NodeJS.Timeout>();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();

  const check = async (uri: string) => {
    const document = documents.get(uri);
    if (document === undefined) return;
    const { version: checked } = document;
    const text = document.getText();
    try {
      help.learn(uri, text);
      const diagnostics = text.length > MAX_CHARS ? [] : (await help.lint(text)).map((d) => diagnosticOf(document, d));
      // typed on meanwhile: the next check tells
      if (documents.get(uri)?.version === checked) await connection.sendDiagnostics({ uri, version: checked, diagnostics });
    } catch (error) {
      connection.console.error(`The document could not be checked: ${messageOf(error)}`);
    }
  };
  const soon = (uri: string) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => {
        timers.delete(uri);
        void check(uri);
      }, QUIET_MS),
    );
  };

  connection.onInitialize(() => ({
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      completionProvider: { triggerCharacters: ['.', '>', '(', '"', '='] },
      hoverProvider: true,
      documentFormattingProvider: true,
      codeActionProvider: true,
    },
    serverInfo: { name: 'kuiper', version },
  }));
  documents.onDidChangeContent(({ document }) => soon(document.uri));
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  connection.onCompletion(async ({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    if (document === undefined) return [];
    const text = document.getText();
    // what was typed a moment ago is not checked yet, and may make the stream that is asked for
    if (text.length <= MAX_CHARS) help.learn(document.uri, text);
    const { start, end, items } = await help.complete(text, document.offsetAt(position));
    const range = { start: document.positionAt(start), end: document.positionAt(end) };
    return items.map(
      (item, i): CompletionItem => ({
        label: item.label,
        kind: KINDS[item.kind],
        detail: item.detail,
        documentation: { kind: MarkupKind.PlainText, value: item.doc },
        textEdit: { range, newText: item.insert },
        // the order of the list is that of what is likely
        sortText: String(i).padStart(4, '0'),
        filterText: item.label,
      }),
    );
  });
  connection.onHover(async ({ textDocument, position }) => {
    const document = documents.get(textDocument.uri);
    const found = document && (await help.hover(document.getText(), document.offsetAt(position)));
    if (!document || !found) return null;
    return {
      contents: { kind: MarkupKind.Markdown, value: found.markdown },
      range: { start: document.positionAt(found.start), end: document.positionAt(found.end) },
    };
  });
  connection.onDocumentFormatting(({ textDocument }): TextEdit[] => {
    const document = documents.get(textDocument.uri);
    if (document === undefined) return [];
    const text = document.getText();
    let formatted: string;
    try {
      formatted = help.format(text);
    } catch {
      // it does not parse: its diagnostic says where, and the text stays as it is
      return [];
    }
    const ended = text.endsWith('\n') && formatted !== '' ? `${formatted}\n` : formatted;
    return ended === text ? [] : [{ range: { start: document.positionAt(0), end: document.positionAt(text.length) }, newText: ended }];
  });
  connection.onCodeAction(({ textDocument, context }): CodeAction[] =>
    context.diagnostics.flatMap((d) => {
      const fix = d.data as { text?: unknown } | undefined;
      if (d.source !== SOURCE || typeof fix?.text !== 'string') return [];
      return [
        {
          title: `Change to ${fix.text}`,
          kind: 'quickfix',
          diagnostics: [d],
          isPreferred: true,
          edit: { changes: { [textDocument.uri]: [{ range: d.range, newText: fix.text }] } },
        },
      ];
    }),
  );
  connection.onExit(() => leave());
  input.on('end', () => leave());
  documents.listen(connection);
  connection.listen();
  return left.then(() => {
    for (const timer of timers.values()) clearTimeout(timer);
    connection.dispose();
  });
}

const SOURCE = 'kuiper';

function diagnosticOf(document: TextDocument, d: Found): Diagnostic {
  return {
    range: { start: document.positionAt(d.start), end: document.positionAt(d.end) },
    severity: d.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code: d.code,
    source: SOURCE,
    message: `${d.message}\n${d.hint === '' ? d.cure : `hint: ${d.hint}`}`,
    ...(d.fix ? { data: { text: d.fix.text } } : {}),
  };
}
