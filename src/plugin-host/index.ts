// What other folders use of the plugin registry.

export { type ArchiveEntry, readArchive } from './files/archive.ts';
export { checkPluginFile, type PluginFileFacts } from './files/check-plugin-file.ts';
export { type PluginKind, parsePluginFileName, pluginKinds, pluginNameOf, shownVersion, symbolOf } from './files/plugin-file.ts';
export type { FoundZip } from './files/scan.ts';
export { writeArchive } from './files/write-archive.ts';
export type { PluginLogLine } from './versions/plugin-logs.ts';
export { createPluginRegistry, type PluginChange, type PluginRegistry } from './versions/plugin-registry.ts';
export { writeDurably } from './worker/write-durably.ts';
