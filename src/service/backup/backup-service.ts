// Backup and restore as use cases: one file with everything, and back again as one change (transfer/importer.ts). Used by rest/routes/backup.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Folders } from '../../config/index.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Importer } from '../transfer/importer.ts';
import type { ImportReport } from '../transfer/report.ts';
import { copyNames, keepCopyFile, readLastCopy, rewriteCopies } from './copies.ts';
import { type Header, readEnvelope, writeEnvelope } from './envelope.ts';
import { collectPayload, type PayloadDeps, targetOfPayload } from './payload.ts';

export interface BackupRequest {
  passphrase?: string | undefined;
  /** Public X25519 key in PEM. */
  recipient?: string | undefined;
  /** Leaves secrets out, and files that hold some. */
  withoutSecrets?: boolean;
  /** Windows, offsets and what plugins keep. */
  state?: boolean;
}

export interface RestoreRequest {
  /** Absent: the newest copy that the gateway kept before an import. */
  file?: Buffer;
  passphrase?: string | undefined;
  /** Private X25519 key in PEM. */
  key?: string | undefined;
  /** The device keeps its own identity. */
  clone?: boolean;
  dryRun?: boolean;
  skipRefused?: boolean;
}

export interface BackupService {
  /** @throws GatewayError SERVICE_REFUSED when it is not said what becomes of secrets */
  create(request: BackupRequest): Promise<Buffer>;
  /** @throws GatewayError BACKUP_FILE; what is refused for other reasons is in the report */
  restore(
    request: RestoreRequest,
  ): Promise<ImportReport & { backup: Pick<Header, 'createdAtMs' | 'gateway' | 'gatewayId' | 'state' | 'secrets'> }>;
  /** Names of the copies that were kept before imports, oldest first. */
  copies(): string[];
  /** Takes a copy for the gateway itself. @returns writes it; throws the system's error */
  takeCopy(): Promise<() => void>;
  /** Writes the copies again, under the key of the device that is in effect: the one before is about to be forgotten. */
  resealCopies(): Promise<void>;
}

export interface BackupDeps extends PayloadDeps {
  importer: Importer;
  folders: Folders;
  vault: Vault | undefined;
  clock: Clock;
  version: string;
  gatewayId(): string;
}

const MIN_PASSPHRASE = 8;

export function createBackupService(deps: BackupDeps): BackupService {
  const { folders, vault, clock } = deps;
  const facts = (state: boolean) => ({ createdAtMs: clock.now(), gateway: deps.version, gatewayId: deps.gatewayId(), state });
  return {
    async create({ passphrase, recipient, withoutSecrets = false, state = false }) {
      const ways = [passphrase, recipient, withoutSecrets || undefined].filter((w) => w !== undefined);
      if (ways.length !== 1)
        throw new GatewayError('SERVICE_REFUSED', {
          text: 'a backup holds secrets: give a pass phrase, or the public key of a recipient, or ask for a backup without secrets',
        });
      if (passphrase !== undefined && passphrase.length < MIN_PASSPHRASE)
        throw new GatewayError('SERVICE_REFUSED', { text: `the pass phrase is too short: give ${MIN_PASSPHRASE} characters or more` });
      const payload = await collectPayload(deps, !withoutSecrets, state);
      return writeEnvelope(
        payload,
        facts(state),
        passphrase !== undefined
          ? { by: 'passphrase', passphrase }
          : recipient !== undefined
            ? { by: 'recipient', publicKey: recipient }
            : { by: 'none' },
      );
    },
    async restore({ file, passphrase, key, clone = false, dryRun = false, skipRefused = false }) {
      const content = file ?? readLastCopy(folders.data);
      if (!content) throw new GatewayError('BACKUP_FILE', { reason: 'nothing was imported or restored yet, so no copy was kept' });
      const opened = await readEnvelope(content, { passphrase, privateKey: key, vault });
      const target = await targetOfPayload(opened.content, folders, clone);
      const report = await deps.importer.run(target, { partial: false, dryRun, skipRefused });
      const { createdAtMs, gateway, gatewayId, state, secrets } = opened.header;
      return { ...report, backup: { createdAtMs, gateway, gatewayId, state, secrets } };
    },
    copies: () => copyNames(folders.data),
    async takeCopy() {
      // without a key the folder itself has everything in clear: the copy gives no more away
      const payload = await collectPayload(deps, true, false);
      const file = await writeEnvelope(payload, facts(false), vault ? { by: 'device', vault } : { by: 'none' });
      return () => keepCopyFile(folders.data, file, clock.now());
    },
    resealCopies: () =>
      rewriteCopies(folders.data, async (file) => {
        if (!vault) return undefined;
        try {
          const { header, content } = await readEnvelope(file, { vault });
          const { createdAtMs, gateway, gatewayId, state } = header;
          if (header.secrets !== 'device') return undefined;
          return await writeEnvelope(content, { createdAtMs, gateway, gatewayId, state }, { by: 'device', vault });
        } catch (error) {
          // damaged, or of a key that is gone: it could not be restored before either
          if (error instanceof GatewayError) return undefined;
          throw error;
        }
      }),
  };
}
