// /apply: the configuration as a folder of files, made true as one change, compared, or written down. Ours; eKuiper has nothing like it.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { ApplyService } from '../../service/index.ts';
import { applyBody } from '../bodies.ts';
import { json } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function applyRoutes(apply: ApplyService): Route[] {
  const what = 'Invalid body';
  return [
    {
      method: 'POST',
      path: '/apply',
      async handle(r) {
        const body = bodyObject(r, what, applyBody);
        return json(
          await apply.run(filesOf(body['files'], what), {
            prune: body['prune'] === true,
            dryRun: body['dryRun'] === true,
            compareOnly: body['compareOnly'] === true,
            source: textMember(body, 'source', what),
          }),
        );
      },
    },
    { method: 'GET', path: '/apply', handle: async () => json((await apply.last()) ?? null) },
    {
      method: 'GET',
      path: '/apply/files',
      async handle() {
        const { files, notes } = await apply.exportTree();
        return json({ files: Object.fromEntries([...files].map(([path, content]) => [path, shown(content)])), notes });
      },
    },
  ];
}

function filesOf(value: unknown, what: string): Map<string, Buffer> {
  const wrong = (problem: string) => new GatewayError('REST_BODY', { what, problem });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('files: expected path → text');
  return new Map(
    Object.entries(value).map(([path, content]): [string, Buffer] => {
      if (typeof content === 'string') return [path, Buffer.from(content)];
      const base64 = (content as { base64?: unknown } | null)?.base64;
      if (typeof base64 !== 'string') throw wrong(`files: ${path}: expected a text, or {"base64": …}`);
      return [path, Buffer.from(base64, 'base64')];
    }),
  );
}

function shown(content: Buffer): string | { base64: string } {
  const text = content.toString('utf8');
  return Buffer.from(text).equals(content) ? text : { base64: content.toString('base64') };
}
