// Export and import: /ruleset, /data, /async/data and its tasks, uploaded files.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { type Downloader, hasProblems, type ImportOptions, parseRuleset, type Service } from '../../service/index.ts';
import { contentBody, uploadBody } from '../bodies.ts';
import { withPrefix } from '../errors.ts';
import { isMultipart, readMultipart } from '../multipart.ts';
import { attachment, created, json, text } from '../reply.ts';
import { bodyObject, bodyText, type RestRequest, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function dataRoutes(service: Service, stop: (exitCode: number) => void): Route[] {
  const { ruleset, data, tasks, uploads, download } = service;
  const runImport = async (content: string, options: ImportOptions) => {
    const { failed, report } = await data.import(content, options);
    if (hasProblems(failed) && !report.applied) throw new GatewayError('IMPORT_REFUSED', { text: JSON.stringify(failed) });
    return { ErrorMsg: '', ConfigResponse: failed };
  };
  const optionsOf = (r: RestRequest): ImportOptions => ({
    partial: r.query.get('partial') === '1',
    skipRefused: r.query.get('onError') === 'skip',
  });
  return [
    { method: 'POST', path: '/ruleset/export', handle: () => attachment(JSON.stringify(ruleset.exportAll()), 'ekuiper_ruleset.json') },
    {
      method: 'POST',
      path: '/ruleset/import',
      async handle(r) {
        const content = await contentOf(r, download);
        const { counts } = await ruleset.import(parseRuleset(content, 'Fail to import'));
        return text(`imported ${counts.streams} streams, ${counts.tables} tables and ${counts.rules} rules`);
      },
    },
    { method: 'GET', path: '/data/export', handle: () => attachment(JSON.stringify(data.exportAll()), 'ekuiper_export.json') },
    {
      method: 'POST',
      path: '/data/export',
      handle: (r) => attachment(JSON.stringify(data.exportRules(ruleIds(r))), 'ekuiper_export.json'),
    },
    {
      method: 'POST',
      path: '/data/export/ekuiper',
      handle: async (r) => attachment(JSON.stringify(await data.exportClear(askedRules(r))), 'ekuiper_export.json'),
    },
    {
      method: 'POST',
      path: '/data/import',
      async handle(r) {
        const content = await contentOf(r, download);
        if (r.query.get('dryRun') === '1') return json((await data.import(content, { ...optionsOf(r), dryRun: true })).report);
        const reply = json(await runImport(content, optionsOf(r)));
        return r.query.get('stop') === '1' ? { ...reply, afterSent: () => stop(100) } : reply;
      },
    },
    {
      method: 'GET',
      path: '/v2/data/export',
      handle: async () => attachment(await service.yaml.export(), 'ekuiper_export.yaml'),
    },
    {
      method: 'POST',
      path: '/v2/data/import',
      async handle(r) {
        await service.yaml.import(await contentOf(r, download));
        return text('success');
      },
    },
    { method: 'GET', path: '/data/import/status', handle: () => json(data.lastStatus()) },
    { method: 'GET', path: '/data/import/report', handle: () => json(data.lastReport() ?? null) },
    {
      method: 'POST',
      path: '/async/data/import',
      async handle(r) {
        const content = await contentOf(r, download);
        const options = optionsOf(r);
        return json({ id: tasks.begin('dataImport', async () => JSON.stringify(await runImport(content, options))) });
      },
    },
    { method: 'GET', path: '/async/task/{id}', handle: (r) => json(tasks.get(r.params['id']!)) },
    {
      method: 'POST',
      path: '/async/task/{id}/cancel',
      handle(r) {
        tasks.cancel(r.params['id']!);
        return text('cancel success');
      },
    },
    { method: 'GET', path: '/config/uploads', handle: async () => json(await uploads.list()) },
    {
      method: 'POST',
      path: '/config/uploads',
      async handle(r) {
        if (isMultipart(r)) {
          const form = await readMultipart(r, 'Error Retrieving the File');
          const { name, content } = await form.file('uploadFile');
          return created(await uploads.write(name, content));
        }
        const what = 'Invalid body: Error decoding file json';
        const body = bodyObject(r, what, uploadBody);
        const [name, content, file, base64] = ['name', 'content', 'file', 'base64'].map((m) => textMember(body, m, what)) as [
          string,
          string,
          string,
          string,
        ];
        const need = (missing: string) =>
          new GatewayError('SERVICE_REFUSED', { text: `Invalid body: missing necessary field: invalid body: ${missing} is required` });
        if (!content && !file && !base64) throw need('content or FilePath');
        if (!name) throw need('name');
        if (base64 && (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)))
          throw new GatewayError('REST_BODY', { what, problem: 'base64: not a text of base64' });
        if (base64) return created(await uploads.write(name, Buffer.from(base64, 'base64')));
        return created(
          await uploads.write(name, content || (await withPrefix('Upload error: getFile has error', () => download.read(file)))),
        );
      },
    },
    {
      method: 'DELETE',
      path: '/config/uploads/{name}',
      async handle(r) {
        await uploads.delete(r.params['name']!);
        return text('ok');
      },
    },
  ];
}

/** `{content}` or `{file}`, exactly one. */
async function contentOf(r: RestRequest, download: Downloader): Promise<string> {
  const what = 'Invalid body: Error decoding json';
  const body = bodyObject(r, what, contentBody);
  const content = textMember(body, 'content', what);
  const file = textMember(body, 'file', what);
  const refuse = (why: string) => new GatewayError('SERVICE_REFUSED', { text: `Invalid body: ${why}: bad request` });
  if (content !== '' && file !== '') throw refuse('Cannot specify both content and file');
  if (content === '' && file === '') throw refuse('must specify content or file');
  if (content !== '') return content;
  return new TextDecoder().decode(await withPrefix('Fail to read file', () => download.read(file)));
}

/** @returns undefined: all of them */
function askedRules(r: RestRequest): string[] | undefined {
  if (bodyText(r).trim() === '') return undefined;
  const ids = ruleIds(r);
  if (ids.length === 0)
    throw new GatewayError('REST_BODY', { what: 'Invalid body', problem: 'expected a list of rules, or nothing for all' });
  return ids;
}

/** eKuiper takes whatever is not a list of texts as an empty list. */
function ruleIds(r: RestRequest): string[] {
  try {
    const value: unknown = JSON.parse(bodyText(r));
    return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
  } catch {
    return [];
  }
}
