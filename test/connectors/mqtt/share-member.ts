// One gateway of several that divide a shared subscription, as a process of its own that can be killed. Started by shared-gateways.test.ts.
import { startRig } from '../../helpers/rule-rig.ts';

const { server, dataDir, expirySeconds } = JSON.parse(process.argv[2]!) as { server: string; dataDir: string; expirySeconds: number };
const props = { server, qos: 1, sessionExpiryIntervalSeconds: expirySeconds };
await startRig({
  dataDir,
  source: { type: 'mqtt', datasource: '$share/plant/in/#', props },
  actions: [{ mqtt: { server, topic: 'out', qos: 1, sendSingle: true } }],
});
process.stdout.write('ready\n');
