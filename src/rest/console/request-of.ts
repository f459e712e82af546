// Which calls are for the console: pages of a browser at `/`, and its files below /console/. Everything else is REST. Called by rest/server.ts for each
// call, so it loads nothing; what answers is loaded with the first such call (serve.ts).

/** Calls of a browser, not of eKuiper's clients: those do not ask for a page. @returns name of the file, or undefined when the call is REST's */
export function consoleFile(method: string, path: string, accept: string | undefined): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (path === '/') return accept?.includes('text/html') ? 'index.html' : undefined;
  return path.startsWith(PREFIX) ? path.slice(PREFIX.length) : undefined;
}

const PREFIX = '/console/';
