// node:http without its ES module wrapper. `import 'node:http'` reads every export of the module, among them WebSocket, and that loads
// undici: 15 MB and 15 ms that a gateway at rest does not need. All of src gets http and https from here; a test checks it.

export const nodeHttp = (): typeof import('node:http') => process.getBuiltinModule('node:http');

export const nodeHttps = (): typeof import('node:https') => process.getBuiltinModule('node:https');
