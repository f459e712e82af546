// Sends results by e-mail: SMTP with STARTTLS or TLS and a login. {column} in subject and text is replaced by the first row's value. Temporary refusals (4xx) are
// tried again by the gateway; final ones (5xx) discard the result.
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { defineSink, finalError, type Row } from '@kuiper-gateway/plugin';

export const Email = defineSink({
  doc: 'Sends results by e-mail (SMTP).',
  options: {
    server: { type: 'string', doc: 'Host of the mail server.', required: true },
    port: { type: 'int', doc: '587 with STARTTLS, 465 with TLS, 25 without.', default: 587, min: 1, max: 65535 },
    security: { type: 'string', doc: 'How the connection is protected.', default: 'starttls', oneOf: ['starttls', 'tls', 'none'] },
    user: { type: 'string', doc: 'Login.' },
    password: { type: 'string', doc: 'Password of the login.', secret: true },
    from: { type: 'string', doc: 'Sender.', required: true },
    to: { type: 'string[]', doc: 'Recipients.', required: true },
    subject: { type: 'string', doc: 'Subject; {column} is a value of the first row.', default: 'Kuiper Gateway' },
    text: { type: 'string', doc: 'Text; without it the rows as JSON.' },
    timeout: { type: 'duration', doc: 'Longest wait for an answer of the server.', default: '20s', min: 1 },
  },
  create() {
    let o: {
      server: string;
      port: number;
      security: string;
      user: string | undefined;
      password: string | undefined;
      from: string;
      to: string[];
      subject: string;
      text: string | undefined;
      timeout: number;
    };
    return {
      configure({ options }) {
        for (const address of [options.from, ...options.to])
          if (!/^[^\s<>@]+@[^\s<>@]+$/.test(address)) throw new Error(`"${address}" is not an e-mail address`);
        if (options.user && options.security === 'none')
          throw new Error('a login needs security starttls or tls: a password is never sent in clear');
        o = options;
      },
      async collect(_ctx, data) {
        const rows = [data].flat();
        const subject = fill(o.subject, rows[0] ?? {});
        const text =
          o.text === undefined
            ? rows.map((r) => JSON.stringify(r, (_k, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).join('\n')
            : fill(o.text, rows[0] ?? {});
        const session = await openSession(o);
        try {
          await session.command(`MAIL FROM:<${o.from}>`);
          for (const to of o.to) await session.command(`RCPT TO:<${to}>`);
          await session.command('DATA');
          await session.command(messageOf(o.from, o.to, subject, text));
          await session.command('QUIT').catch(() => undefined); // it is delivered; how the server says goodbye does not matter
        } finally {
          session.end();
        }
      },
    };
  },
});

const fill = (text: string, row: Row): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => (row[name] instanceof Date ? row[name].toISOString() : String(row[name] ?? '–')));

interface Session {
  /** @throws an error with `retriable = false` for 5xx */
  command(line: string): Promise<string>;
  end(): void;
}

async function openSession(o: {
  server: string;
  port: number;
  security: string;
  user: string | undefined;
  password: string | undefined;
  timeout: number;
}): Promise<Session> {
  let socket: Socket =
    o.security === 'tls' ? connectTls({ host: o.server, port: o.port, servername: o.server }) : connect(o.port, o.server);
  let rest = '';
  let waiting: { resolve(text: string): void; reject(error: Error): void } | undefined;
  const listen = (s: Socket) => {
    s.setTimeout(o.timeout, () => s.destroy(new Error(`${o.server} did not answer within ${o.timeout / 1000} s`)));
    s.setEncoding('utf8');
    s.on('data', (chunk: string) => {
      rest += chunk;
      // the last line of an answer has a blank after its code
      const end = /^\d{3} .*\r?\n/m.exec(rest);
      if (!end) return;
      const text = rest.slice(0, end.index + end[0].length).trim();
      rest = rest.slice(end.index + end[0].length);
      waiting?.resolve(text);
      waiting = undefined;
    });
    s.on('error', (error) => waiting?.reject(error));
    s.on('close', () => waiting?.reject(new Error(`${o.server} closed the connection`)));
  };
  const answer = async (): Promise<string> => {
    const text = await new Promise<string>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    if (/^[23]/.test(text)) return text;
    // no password in it: it is the server's own text
    throw text.startsWith('5') ? finalError(`${o.server}: ${text}`) : new Error(`${o.server}: ${text}`);
  };
  const command = (line: string): Promise<string> => {
    const next = answer();
    socket.write(`${line}\r\n`);
    return next;
  };
  listen(socket);
  try {
    await answer();
    await command(`EHLO ${hostname()}`);
    if (o.security === 'starttls') {
      await command('STARTTLS');
      const plain = socket;
      plain.removeAllListeners('data');
      socket = connectTls({ socket: plain, servername: o.server });
      listen(socket);
      await command(`EHLO ${hostname()}`);
    }
    if (o.user) await command(`AUTH PLAIN ${Buffer.from(`\0${o.user}\0${o.password ?? ''}`).toString('base64')}`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { command, end: () => socket.destroy() };
}

/** Headers and text, ended by a dot. Base64 keeps lines short and dots harmless; a line break in a subject cannot become a header. */
function messageOf(from: string, to: readonly string[], subject: string, text: string): string {
  const encoded = `=?UTF-8?B?${Buffer.from(subject.replace(/[\r\n]+/g, ' ').slice(0, 200)).toString('base64')}?=`;
  const body = Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    `From: ${from}`,
    `To: ${to.join(', ')}`,
    `Subject: ${encoded}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    body,
    '.',
  ].join('\r\n');
}
