// Error codes of the area: config.
import type { CatalogueEntry } from './index.ts';

export const configErrors = {
  CONFIG_FILE: {
    text: '{file}: cannot be read: {reason}',
    ekuiperCode: 1003,
    cure: 'Check that the file exists and that the user of the service may read it.',
  },
  CONFIG_SYNTAX: {
    text: '{file}:{line}: {reason}',
    ekuiperCode: 1000,
    cure: 'The file is not valid YAML at that line. Indent with blanks only, two per level, and put a blank after each colon.',
  },
  CONFIG_VALUE: {
    text: '{place}: {key}: {problem}',
    ekuiperCode: 1000,
    cure: 'A setting has a wrong value. The text names the file and line (or the environment variable), the key, and what is allowed.',
  },
  ROOT_IN_USE: {
    text: '{folder} is in use by another gateway, process {pid}',
    ekuiperCode: 1000,
    cure: 'Stop that process first (systemctl stop kuiper), or give this one another --root.',
  },
  CONFIG_INSECURE: {
    text: 'refusing to serve REST on {address}:{port} without credentials: {reason}',
    ekuiperCode: 1000,
    cure: 'Set basic.restIp to 127.0.0.1, or set basic.authentication to true and put at least one public key (etc/mgmt/NAME, RS256) or one line into etc/mgmt/tokens.',
  },
} as const satisfies Record<string, CatalogueEntry>;
