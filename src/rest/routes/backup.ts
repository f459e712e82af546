// /backup and /restore: one file with everything that the gateway is, and back again. Secrets leave only encrypted.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ImportReport, Service } from '../../service/index.ts';
import { backupBody, restoreBody } from '../bodies.ts';
import { json } from '../reply.ts';
import { bodyObject, textMember } from '../request.ts';
import type { Route } from '../router.ts';

export function backupRoutes({ backup, scheduledBackups }: Service): Route[] {
  const what = 'Invalid body';
  return [
    {
      method: 'POST',
      path: '/backup',
      async handle(r) {
        const body = bodyObject(r, what, backupBody);
        const file = await backup.create({
          passphrase: textMember(body, 'passphrase', what) || undefined,
          recipient: textMember(body, 'recipient', what) || undefined,
          withoutSecrets: body['withoutSecrets'] === true,
          state: body['state'] === true,
        });
        return {
          status: 200,
          body: file,
          contentType: 'application/octet-stream',
          headers: { 'Content-Disposition': 'Attachment; filename=gateway.kuiperbackup' },
        };
      },
    },
    {
      method: 'POST',
      path: '/restore',
      async handle(r) {
        const body = bodyObject(r, what, restoreBody);
        const base64 = textMember(body, 'backup', what);
        if ((base64 === '') === (body['last'] !== true))
          throw new GatewayError('REST_BODY', { what, problem: 'expected backup (the file in base64), or last: true' });
        const report = await backup.restore({
          ...(base64 === '' ? {} : { file: Buffer.from(base64, 'base64') }),
          passphrase: textMember(body, 'passphrase', what) || undefined,
          key: textMember(body, 'key', what) || undefined,
          clone: body['clone'] === true,
          dryRun: body['dryRun'] === true,
          skipRefused: body['onError'] === 'skip',
        });
        if (!report.applied && body['dryRun'] !== true) throw refusedReport(report);
        return json(report);
      },
    },
    { method: 'GET', path: '/backup/schedule', handle: () => json(scheduledBackups.status()) },
    {
      method: 'POST',
      path: '/backup/schedule',
      async handle() {
        try {
          await scheduledBackups.runNow();
        } catch (error) {
          throw new GatewayError('SERVICE_REFUSED', { text: `backup failed: ${messageOf(error)}` }, { cause: error });
        }
        return json(scheduledBackups.status());
      },
    },
    { method: 'GET', path: '/backup/copies', handle: () => json(backup.copies()) },
  ];
}

function refusedReport(report: ImportReport): GatewayError {
  const lines = report.items.filter((i) => i.outcome === 'refused').map((i) => `${i.part} ${i.name}: ${i.reason ?? ''}`);
  return new GatewayError('IMPORT_REFUSED', { text: lines.join('\n') });
}
