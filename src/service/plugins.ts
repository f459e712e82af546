// What REST and CLI see of plugins. The plugin loader is not part of this version: lists are empty, and an install is checked as far as
// its archive and then refused with that reason.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Downloader } from './download.ts';

export interface PluginRequest {
  name: string;
  file: string;
}

export interface PluginAdmin {
  names(): string[];
  /** @throws GatewayError SERVICE_NOT_FOUND `not found` */
  describe(name: string): Record<string, unknown>;
  /** @throws GatewayError SERVICE_REFUSED for a bad uri or archive */
  install(request: PluginRequest): Promise<void>;
  /** @throws GatewayError SERVICE_NOT_FOUND `invalid name X: not exist` */
  remove(name: string): Promise<void>;
  registerFunctions(name: string, functions: readonly string[]): Promise<void>;
}

export function createNoPlugins(download: Downloader): PluginAdmin {
  return {
    names: () => [],
    describe() {
      throw new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
    },
    async install({ file }) {
      if (!/^(https?|file):\/\/.+\.zip$/.test(file)) throw new GatewayError('SERVICE_REFUSED', { text: `invalid uri ${file}` });
      await download.read(file);
      throw new GatewayError('SERVICE_MISSING', { what: 'the installation of plugins' });
    },
    async remove(name) {
      throw new GatewayError('SERVICE_NOT_FOUND', { text: `invalid name ${name}: not exist` });
    },
    async registerFunctions() {
      throw new GatewayError('SERVICE_NOT_FOUND', { text: 'not found' });
    },
  };
}
