// The owner's changes of the network: handed to the process that may make them (image/network), confirmed, taken back. The gateway itself has no right to
// touch the network. Used by rest/routes/network.ts.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurablyBelow } from '../base/durable-file.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import { ANSWER, type NetworkAnswer, type NetworkRequest, type NetworkStatus, REQUEST } from '../system/network/request.ts';

export interface NetworkChanges {
  /** @throws GatewayError SERVICE_REFUSED where nobody owns the network (not the appliance) */
  status(): NetworkStatus;
  /** @returns id of the change  @throws as above, and when another change is under way */
  request(parts: Readonly<Record<string, unknown>>, by: string): string;
  /** @throws GatewayError SERVICE_REFUSED when this change is not on trial */
  answer(id: string, verb: NetworkAnswer['verb']): void;
}

const PARTS = ['network', 'firewall'];

/** @param statusFile of the process that owns the network */
export function createNetworkChanges(dataDir: string, statusFile: string): NetworkChanges {
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  const status = (): NetworkStatus => {
    if (!existsSync(dirname(statusFile)))
      throw refuse('this installation does not own the network of its machine; change it with the tools of the system');
    return existsSync(statusFile) ? (JSON.parse(readFileSync(statusFile, 'utf8')) as NetworkStatus) : { phase: 'steady' };
  };
  const idle = (): void => {
    const { phase, what } = status();
    if (phase !== 'steady') throw refuse(`another change is under way (${what ?? ''}); confirm it or take it back first`);
    if (existsSync(join(dataDir, REQUEST))) throw refuse('another change was asked for just now; look at GET /network');
  };
  return {
    status,
    request(parts, by) {
      idle();
      const names = Object.keys(parts);
      const odd = names.find((n) => !PARTS.includes(n));
      if (odd !== undefined || names.length === 0)
        throw refuse(`expected ${PARTS.join(' and ')}, as in gateway.yaml${odd ? `; ${odd} is neither` : ''}`);
      const id = nodeCrypto().randomBytes(6).toString('hex');
      const request: NetworkRequest = { id, by, parts };
      // it may hold a Wi-Fi password until it is read
      writeDurablyBelow(join(dataDir, REQUEST), JSON.stringify(request), 0o600);
      return id;
    },
    answer(id, verb) {
      const now = status();
      if (now.phase !== 'trial' || now.id !== id)
        throw refuse(
          now.phase === 'trial' ? `the change on trial is ${now.id}` : 'nothing is on trial; it was confirmed or taken back already',
        );
      writeDurablyBelow(join(dataDir, ANSWER), JSON.stringify({ id, verb } satisfies NetworkAnswer), 0o600);
    },
  };
}
