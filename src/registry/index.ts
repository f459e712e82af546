// What other folders use of the plugin registry.

export { type ArchiveEntry, readArchive } from './archive.ts';
export { checkPluginFile, type PluginFileFacts } from './check-plugin-file.ts';
export { type PluginKind, parsePluginFileName, pluginKinds, pluginNameOf, shownVersion, symbolOf } from './plugin-file.ts';
export { createPluginRegistry, type PluginChange, type PluginRegistry } from './plugin-registry.ts';
export type { FoundZip } from './scan.ts';
export { writeDurably } from './worker/write-durably.ts';
export { writeArchive } from './write-archive.ts';
