// Modules of Node without their ES module wrappers, loaded at their first use. `import 'node:crypto'` reads every export of the module, among
// them webcrypto; with crypto itself that is 6 MB that a gateway at rest does not need. What is loaded at the start gets them from here;
// a test checks it.

export const nodeCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

export const nodeZlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');

export const nodeDns = (): typeof import('node:dns') => process.getBuiltinModule('node:dns');

export const nodeChildProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process');

export const nodeV8 = (): typeof import('node:v8') => process.getBuiltinModule('node:v8');

export const nodeTls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');
