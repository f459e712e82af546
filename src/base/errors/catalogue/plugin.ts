// Error codes of the area: plugin.
import type { CatalogueEntry } from './index.ts';

export const pluginErrors = {
  PLUGIN_ARCHIVE: {
    text: 'invalid zip file: {problem}',
    ekuiperCode: 1000,
    cure: 'Repackage the plugin with `kuiper plugin pack`. Nothing from the archive was kept.',
  },
  PLUGIN_SYNTAX: {
    text: '{file}: {problem}',
    ekuiperCode: 1000,
    cure: 'Correct the file at the line named; only erasable TypeScript is understood (no enum, namespace, parameter properties, decorators).',
  },
  PLUGIN_LOAD: {
    text: '{file}: {problem}',
    ekuiperCode: 1000,
    cure: 'Correct the plugin; `kuiper plugin check FILE` shows the same on a laptop. The version before stays in effect.',
  },
  PLUGIN_START: {
    text: 'it does not start: {problem}',
    ekuiperCode: 1001,
    cure: 'The previous version was started again. Correct the plugin, or copy the file again to retry.',
  },
  PLUGIN_EXIT: {
    text: 'plugin {plugin} called {what}, which is refused',
    ekuiperCode: 1001,
    cure: 'A plugin must not end the gateway: throw an error instead.',
  },
  PLUGIN_CALL: { text: '{text}', ekuiperCode: 1001, retriable: true, cure: 'The plugin failed; the text is its own. Correct the plugin.' },
  PLUGIN_STALLED: {
    text: 'plugin {plugin} does not answer any more: {problem}',
    ekuiperCode: 1001,
    retriable: true,
    cure: 'The plugin was ended and is started again; look for an endless loop or a leak in it.',
  },
  PLUGIN_HOST: {
    text: 'a plugin host has ended: {reason}',
    ekuiperCode: 1001,
    retriable: true,
    cure: 'Its plugins were started again. When one of them can be named, it is counted against that one; look for what it does to its own process.',
  },
  PLUGIN_INSTALLER: {
    text: 'the installer of plugins refuses: {problem}',
    ekuiperCode: 1000,
    retriable: true,
    cure: 'See `journalctl -u "kuiper-installer@*"`. A file can always be copied into the folder by hand.',
  },
  PORTABLE_START: {
    text: 'portable plugin {plugin}: {problem}',
    ekuiperCode: 1000,
    retriable: true,
    cure: 'The plugin is started again with growing pauses. The text is what the program said last: correct the plugin, or install what it needs.',
  },
  PORTABLE_NO_PYTHON: {
    text: 'portable plugin {plugin} needs Python, and there is no command {command} on this device',
    ekuiperCode: 1000,
    cure: 'Install Python with the packages that the plugin needs (pip install ekuiper), and name its command in portable.pythonBin. The image has none: write the plugin in TypeScript (docs/plugins).',
  },
  SCRIPT_INVALID: {
    text: '{text}',
    ekuiperCode: 1000,
    cure: 'A script defines a function of the name of its id (a node of a graph: exec). Correct it at the place named.',
  },
  PLUGIN_TRUST: {
    text: '{problem}',
    ekuiperCode: 1000,
    cure: 'Decide again with `kuiper plugin trust`, or correct the file that is named (a key in etc/plugin-keys, a manifest in etc).',
  },
} as const satisfies Record<string, CatalogueEntry>;
