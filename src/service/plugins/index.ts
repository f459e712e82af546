// Use cases of plugins without HTTP.
export { createPluginAdmin, type PluginAdmin, type PluginRequest } from './plugin-admin.ts';
export { type PluginPackage, readPackage } from './read-package.ts';
export { rulesTouchedBy } from './rules-touched-by.ts';
