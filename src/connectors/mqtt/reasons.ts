// Reason codes of CONNACK and DISCONNECT in plain words with what to do. Codes: MQTT 3.1.1 §3.2.2.3, MQTT 5 §2.4.

/** @returns undefined for codes that say nothing a user could act on */
export function explainRefusal(code: unknown, clientId: string): string | undefined {
  switch (code) {
    case 4:
    case 134:
      return 'the broker refuses user name or password';
    case 5:
    case 135:
      return 'the broker does not allow this client: check user name, password and access rules';
    case 2:
    case 133:
      return `the broker does not accept the client id "${clientId}": set clientid to one that it does`;
    case 3:
    case 136:
    case 137:
      return 'the broker is not ready or busy';
    case 138:
      return 'the broker has banned this client';
    case 151:
      return 'the broker takes no more clients or messages (quota exceeded)';
    case 159:
      return 'the broker allows fewer connections a second';
    default:
      return undefined;
  }
}

const GOODBYES: Readonly<Record<number, string>> = {
  130: 'the broker found a fault in our packets (protocol error)',
  135: 'the broker does not allow it any more: check its access rules',
  137: 'the broker is busy',
  139: 'the broker shuts down',
  141: 'the broker heard nothing from us within the keep-alive time',
  147: 'more messages were sent than the broker takes at a time: lower its load or raise its receive maximum',
  149: 'a packet is larger than the broker accepts',
  150: 'the broker allows fewer messages a second',
  151: 'the broker takes no more (quota exceeded)',
  152: 'the administrator of the broker ended the connection',
  156: 'the broker asks to use another server',
  157: 'the broker has moved to another server',
};

/** The broker ended the connection with this code (MQTT 5). */
export function explainDisconnect(code: number, clientId: string): string {
  if (code === 142)
    return `another client with the client id "${clientId}" connected, and a broker lets only one stay: give each client its own clientid`;
  return GOODBYES[code] ?? `the broker closed the connection (reason ${code})`;
}
