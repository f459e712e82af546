// Fuzz target of REST: a call as text (`METHOD path`, line break, body) through the router to the services, over a store in memory.
import { newTold } from '../../../src/contract/told.ts';
import { isMultipart, readMultipart } from '../../../src/rest/multipart.ts';
import { hold, orRefusesCoded, type Target, textOf } from '../target.ts';

/** What reaches out of the process, or ends it. */
const LEFT_OUT = /^\/(plugins|services|stop|config\/uploads|devices|ruletest|metrics|async)|\/(schemas\/\w+)(\/\w+)?$|ping|upload|import/;
/** The store in memory is begun afresh so often. */
const CALLS_PER_SERVICE = 5_000;

const seeds = [
  'POST /streams\n{"sql":"CREATE STREAM s (a BIGINT) WITH (DATASOURCE=\\"x\\", FORMAT=\\"JSON\\", TYPE=\\"memory\\")"}',
  'POST /rules\n{"id":"r1","sql":"SELECT * FROM demo","actions":[{"log":{}},{"mqtt":{"server":"tcp://127.0.0.1:1","topic":"t"}}],"options":{"qos":1,"bufferLength":10}}',
  'PUT /rules/r1\n{"id":"r1","sql":"SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss,1)","actions":[{"memory":{"topic":"x"}}]}',
  'POST /rules/validate\n{"sql":"SELECT 1 FROM demo","actions":[{"nop":{}}]}',
  'POST /tables\n{"sql":"CREATE TABLE t (id BIGINT) WITH (DATASOURCE=\\"x\\", TYPE=\\"memory\\", KIND=\\"lookup\\", KEY=\\"id\\")"}',
  'PUT /metadata/sources/mqtt/confKeys/k1\n{"server":"tcp://127.0.0.1:1883","qos":1}',
  'POST /connections\n{"id":"c1","typ":"mqtt","props":{"server":"tcp://127.0.0.1:1883"}}',
  'POST /batch/req\n[{"method":"GET","path":"/rules"},{"method":"POST","path":"/rules","body":"{}"}]',
  'PUT /rules/r1/tags\n{"tags":["a","b"]}',
  'POST /rules/tags/match\n{"tags":["a"]}',
  'PATCH /configs\n{"debug":true,"timezone":"UTC"}',
  'GET /rules/r1/status\n',
  'GET /streams/demo/schema\n',
  'DELETE /rules/r1\n',
  'GET /rules/r1/explain\n',
  'POST /rules\n{"id":"g1","graph":{"nodes":{"s":{"type":"source","nodeType":"memory","props":{"datasource":"x"}},"o":{"type":"sink","nodeType":"log","props":{}}},"topo":{"sources":["s"],"edges":{"s":["o"]}}}}',
];

const calls: Target = {
  name: 'rest-calls',
  doc: 'any call is answered, and never by a fault of the gateway (5xx)',
  seeds,
  words: [
    'GET /',
    'POST /',
    'PUT /',
    'DELETE /',
    'PATCH /',
    '/rules',
    '/streams',
    '/tables',
    '/connections',
    '/confKeys/',
    '/metadata/',
    '/status',
    '/start',
    '/stop',
    '/r1',
    '/demo',
    '?kind=lookup',
    '%2f',
    '"id":',
    '"sql":',
    '"actions":',
    '"options":',
    '"props":',
    '"__proto__":',
    '[]',
    '{}',
    'null',
    '"log":{}',
    '\n',
  ],
  maxBytes: 600,
  files: /\/src\/(rest|service|sql\/parser|contract|runtime\/options)/,
  async load() {
    const { makeService } = await import('../../../test/service/make-service.ts');
    let made: Awaited<ReturnType<typeof makeService>> | undefined;
    let left = 0;
    return async (input) => {
      const text = textOf(input);
      const cut = text.indexOf('\n');
      const line = cut < 0 ? text : text.slice(0, cut);
      const space = line.indexOf(' ');
      if (space < 0) return;
      const path = line.slice(space + 1);
      const body = text.slice(cut + 1);
      if (LEFT_OUT.test(path) || (path.startsWith('/batch') && /plugins|services|stop|upload|ping|import|schemas|ruletest/.test(body)))
        return;
      if (left-- <= 0) {
        await made?.close();
        made = await makeService();
        await made.sql('CREATE STREAM demo (a BIGINT, b STRING) WITH (DATASOURCE="demo", FORMAT="JSON", TYPE="memory")');
        left = CALLS_PER_SERVICE;
      }
      const { status, text: answer } = await made!.call(line.slice(0, space), path, body);
      hold(status < 500, `status ${status}: ${answer.slice(0, 200)}`);
      made!.lines.length = 0;
      made!.runtime.calls.length = 0;
    };
  },
};

const multipart: Target = {
  name: 'multipart',
  doc: 'the body of an upload',
  seeds: [
    '--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n',
    '--b\r\nContent-Disposition: form-data; name="t"\r\n\r\nx\r\n--b--',
  ],
  words: ['--b', '\r\n', '--', 'name="', 'filename="', 'Content-Disposition: form-data; ', 'Content-Type: '],
  maxBytes: 400,
  files: /\/src\/rest\//,
  load: async () => async (input) => {
    const request = {
      method: 'POST',
      path: '/',
      params: {},
      query: new URLSearchParams(),
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: input,
      told: newTold(),
    };
    hold(isMultipart(request), 'not seen as a form');
    let form: Awaited<ReturnType<typeof readMultipart>>;
    try {
      form = await readMultipart(request, 'upload');
    } catch (error) {
      orRefusesCoded(() => {
        throw error;
      });
      return;
    }
    form.text('t');
    try {
      await form.file('f');
    } catch (error) {
      orRefusesCoded(() => {
        throw error;
      });
    }
  },
};

export const restTargets: readonly Target[] = [calls, multipart];
