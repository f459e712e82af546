// The gateway itself: settings, tokens, users of MQTT, certificates, network, backup and restore, log, support bundle, first steps.

import { linkTo, useApp } from '../app.ts';
import type { ComponentType } from '../h.ts';
import { h, type VNode } from '../h.ts';
import type { TextKey } from '../texts/en.ts';
import { Tabs } from '../ui.ts';
import { Access } from './system-access.ts';
import { Backup } from './system-backup.ts';
import { Certificates } from './system-certificates.ts';
import { Logs } from './system-logs.ts';
import { MqttUsers } from './system-mqtt-users.ts';
import { Network } from './system-network.ts';
import { Settings } from './system-settings.ts';
import { FirstSteps } from './system-start.ts';
import { Update } from './system-update.ts';

const parts: readonly { id: string; text: TextKey; page: ComponentType }[] = [
  { id: '', text: 'settings', page: Settings },
  { id: 'start', text: 'firstSteps', page: FirstSteps },
  { id: 'access', text: 'access', page: Access },
  { id: 'mqtt', text: 'mqttUsers', page: MqttUsers },
  { id: 'certificates', text: 'certificates', page: Certificates },
  { id: 'network', text: 'network', page: Network },
  { id: 'backup', text: 'backup', page: Backup },
  { id: 'update', text: 'update', page: Update },
  { id: 'log', text: 'logs', page: Logs },
];

export function System({ place: [at = ''] }: { place: string[] }): VNode {
  const { t } = useApp();
  const part = parts.find((p) => p.id === at) ?? parts[0]!;
  return h(
    'div',
    null,
    h('header', { class: 'page' }, h('h1', null, t('system'))),
    h(Tabs, {
      items: parts.map((p) => ({ id: p.id, text: t(p.text), href: linkTo(...['system', p.id].filter(Boolean)) })),
      at: part.id,
      label: t('system'),
    }),
    h(part.page, { key: part.id }),
  );
}
