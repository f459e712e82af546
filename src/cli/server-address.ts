// Where the gateway is: --url, KUIPER_URL, else the address that the daemon's own settings name on this machine.
import { type Environment, foldersOf, loadSettings } from '../config/index.ts';

/** @returns e.g. `http://127.0.0.1:9081`  @throws GatewayError when kuiper.yaml of the root is wrong */
export function serverUrl(given: string | undefined, root: string | undefined, env: Environment): string {
  const url = given ?? env['KUIPER_URL'];
  if (url) return (/^(https?|ssh):\/\//.test(url) ? url : `http://${url}`).replace(/\/$/, '');
  const { settings } = loadSettings(foldersOf(root ?? env['KuiperBaseKey'] ?? process.cwd()), env);
  const { ip, port, tls } = settings.rest;
  const host = ip === '0.0.0.0' || ip === '::' ? '127.0.0.1' : ip.includes(':') ? `[${ip}]` : ip;
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}
