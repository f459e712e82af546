// Certificates of the gateway: whose they are, who uses them, until when they are valid, and what is wrong.
import { useApp, useLoad } from '../app.ts';
import { moment } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { Badge, Card, Empty, Loaded } from '../ui.ts';

interface Certificate {
  file: string;
  subject: string;
  issuer: string;
  names: string[];
  fromMs: number;
  untilMs: number;
  fingerprint: string;
  isAuthority: boolean;
  usedBy: string[];
  problems: string[];
}

export function Certificates(): VNode {
  const { api, t, language } = useApp();
  const list = useLoad(() => api.json<Certificate[]>('/certificates'), []);
  return h(
    Card,
    { title: t('certificates') },
    h('p', { class: 'dim' }, t('certificatesHint')),
    h(Loaded<Certificate[]>, {
      of: list,
      children: (all: Certificate[]) =>
        all.length === 0
          ? h(Empty, null, t('noCertificates'))
          : h(
              'ul',
              { class: 'settings' },
              all.map((c, i) =>
                h(
                  'li',
                  { key: `${i} ${c.file}` },
                  h(
                    'div',
                    { class: 'grow' },
                    h('b', null, c.subject || c.file),
                    h('p', { class: 'dim' }, [c.file, c.isAuthority ? t('authority') : '', c.names.join(', ')].filter(Boolean).join(' · ')),
                    c.untilMs === 0 ? null : h('p', null, t('certificateOf', { issuer: c.issuer, until: moment(c.untilMs, language) })),
                    c.problems.map((p) => h('p', { class: 'bad', key: p }, p)),
                    c.usedBy.length > 0 ? h('p', null, t('usedBy', { who: c.usedBy.join(', ') })) : null,
                    c.fingerprint === '' ? null : h('details', null, h('summary', null, t('fingerprint')), h('code', null, c.fingerprint)),
                  ),
                  c.problems.length > 0 ? h(Badge, { tone: 'bad' }, t('needsLook')) : h(Badge, { tone: 'good' }, t('valid')),
                ),
              ),
            ),
    }),
  );
}
