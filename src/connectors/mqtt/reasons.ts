// Reason codes of CONNACK, SUBACK, PUBACK and DISCONNECT in plain words with what to do. Codes: MQTT 3.1.1 §3.2.2.3, MQTT 5 §2.4.

/** Every code of MQTT 5 that says no. Where a packet gives it another meaning, the functions below say so. */
const WORDS: Readonly<Record<number, string>> = {
  128: 'the broker does not say why (unspecified error)',
  129: 'the broker cannot read our packets (malformed packet)',
  130: 'the broker found a fault in our packets (protocol error)',
  131: 'the broker refuses for a reason of its own (implementation specific error): its log says more',
  132: 'the broker does not speak this version of MQTT: set protocolVersion',
  133: 'the broker does not accept the client id',
  134: 'the broker refuses user name or password',
  135: 'the broker does not allow it: check its access rules',
  136: 'the broker is not available now',
  137: 'the broker is busy',
  138: 'the broker has banned this client',
  139: 'the broker shuts down',
  140: 'the broker wants another way to log in (bad authentication method)',
  141: 'the broker heard nothing from us within the keep-alive time',
  142: 'another client with the same client id connected',
  143: 'the broker does not accept this topic filter',
  144: 'the broker does not accept this topic name',
  145: 'the broker has the packet id in use',
  146: 'the broker does not know the packet id',
  147: 'more messages were sent than the broker takes at a time: lower its load or raise its receive maximum',
  148: 'the broker does not accept the topic alias',
  149: 'a packet is larger than the broker accepts',
  150: 'the broker allows fewer messages a second',
  151: 'the broker takes no more (quota exceeded)',
  152: 'the administrator of the broker ended the connection',
  153: 'the broker does not accept this payload format',
  154: 'the broker does not keep retained messages',
  155: 'the broker does not take this QoS',
  156: 'the broker asks to use another server',
  157: 'the broker has moved to another server',
  158: 'the broker does not offer shared subscriptions: subscribe without $share',
  159: 'the broker allows fewer connections a second',
  160: 'the broker lets a connection last so long only (maximum connect time)',
  161: 'the broker does not offer subscription identifiers',
  162: 'the broker does not offer subscriptions with wildcards: name the topics one by one',
};

/** A CONNACK with this code: of 3.1.1 (1 to 5) or of MQTT 5. @returns undefined for codes that no version knows */
export function explainRefusal(code: unknown, clientId: string): string | undefined {
  switch (code) {
    case 1:
      return WORDS[132];
    case 4:
      return WORDS[134];
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
    case 151:
      return 'the broker takes no more clients or messages (quota exceeded)';
    default:
      return typeof code === 'number' ? WORDS[code] : undefined;
  }
}

/** What a broker may say beyond the code. */
export interface Said {
  reasonString?: string | undefined;
  serverReference?: string | undefined;
}

/** The broker ended the connection with this code (MQTT 5). */
export function explainDisconnect(code: number, clientId: string, said?: Said): string {
  if (code === 142)
    return `another client with the client id "${clientId}" connected, and a broker lets only one stay: give each client its own clientid`;
  const words = code === 135 ? 'the broker does not allow it any more: check its access rules' : WORDS[code];
  return `${words ?? `the broker closed the connection (reason ${code})`}${wordsOf(said)}`;
}

/** A SUBACK with this code for one filter: 128 of 3.1.1 and codes of MQTT 5. */
export function explainSubscribeRefusal(code: number, filter: string): string {
  const words = code === 128 || code === 135 ? 'check its access rules' : (WORDS[code] ?? `reason ${code}`);
  return `the broker refuses the subscription to "${filter}": ${words}`;
}

/** A PUBACK or PUBREC with this code. @returns undefined for codes that MQTT 5 does not know */
export function explainPublishRefusal(code: number): string | undefined {
  return code === 149 ? 'the broker does not accept a packet of this size' : WORDS[code];
}

/** Text of the broker for people, of bounded length and without control characters. */
function wordsOf(said: Said | undefined): string {
  const clean = (text: string) => text.replace(/\p{Cc}/gu, ' ').slice(0, 200);
  const server = said?.serverReference ? `; it names ${clean(said.serverReference)}` : '';
  return said?.reasonString ? `${server}; it says "${clean(said.reasonString)}"` : server;
}
