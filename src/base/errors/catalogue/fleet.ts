// Error codes of the area: the gateway as one of many (src/fleet).
import type { CatalogueEntry } from './index.ts';

export const fleetErrors = {
  FLEET_SERVER: {
    text: '{url}: {problem}',
    ekuiperCode: 1000,
    retriable: true,
    cure: 'The server of the fleet is away, or refuses this gateway. It is asked again, later and later, up to once an hour. Check the address, the token or certificate, and the clock.',
  },
  FLEET_INDEX: {
    text: 'The folder {url} cannot be followed: {problem}',
    ekuiperCode: 1000,
    cure: 'Write the index again with `kuiper fleet index DIR --key FILE`, and put the public key into etc/fleet-keys of the gateways. Nothing was changed.',
  },
  FLEET_DOWNLOAD: {
    text: '{url}: {problem}',
    ekuiperCode: 1000,
    retriable: true,
    cure: 'What was downloaded is not what was announced, or does not fit on the disk. Nothing of it was used; the download is begun again.',
  },
} satisfies Record<string, CatalogueEntry>;
