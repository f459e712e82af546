// Command line of kuiperd. eKuiper's folder flags are understood in both spellings (-data DIR, --data DIR).

export interface DaemonArguments {
  root: string;
  config: string | undefined;
  /** Folders that lie elsewhere than below the root. */
  folders: { etc?: string; data?: string; log?: string; plugins?: string };
  help: boolean;
  version: boolean;
}

export const USAGE = `Usage: kuiperd [--root DIR] [--config FILE]

  --root DIR      folder that holds etc, data, plugins and log; missing ones are made
                  (default: the variable KuiperBaseKey, else the working directory)
  --config FILE   settings instead of <root>/etc/kuiper.yaml
  --etc DIR, --data DIR, --log DIR, --plugins DIR
                  one of these folders elsewhere
  --version, --help

Every key of kuiper.yaml can be set by the environment: KUIPER__BASIC__RESTPORT=9082
SIGTERM stops within 2 s, a second signal at once; SIGHUP reads the configuration again.
`;

/** @returns what is wrong, for the user, when the arguments make no sense */
export function parseDaemonArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DaemonArguments | { problem: string } {
  const out: DaemonArguments = { root: env['KuiperBaseKey'] || process.cwd(), config: undefined, folders: {}, help: false, version: false };
  for (let i = 0; i < argv.length; i++) {
    const [, name, inline] = /^--?([a-zA-Z]+)(?:=(.*))?$/.exec(argv[i]!) ?? [];
    const value = () => inline ?? argv[++i];
    switch (name) {
      case 'help':
      case 'h':
        out.help = true;
        continue;
      case 'version':
      case 'v':
        out.version = true;
        continue;
    }
    if (name === undefined) return { problem: `unexpected argument "${argv[i]}"` };
    const given = value();
    if (given === undefined || given === '') return { problem: `--${name} needs a value` };
    switch (name) {
      case 'root':
        out.root = given;
        break;
      case 'config':
        out.config = given;
        break;
      case 'etc':
      case 'data':
      case 'log':
      case 'plugins':
        out.folders[name] = given;
        break;
      case 'loadFileType':
        if (given === 'absolute')
          out.folders = {
            etc: '/etc/kuiper',
            data: '/var/lib/kuiper/data',
            log: '/var/log/kuiper',
            plugins: '/var/lib/kuiper/plugins',
            ...out.folders,
          };
        else if (given !== 'relative') return { problem: `--loadFileType is relative or absolute, not "${given}"` };
        break;
      default:
        return { problem: `unknown option --${name}` };
    }
  }
  return out;
}
