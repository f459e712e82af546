// Results of the demo as lines for people; colours only on a terminal.

export interface Printer {
  line(text: string): void;
  /** @param topic where the result came from  @param payload its JSON */
  result(topic: string, payload: string, nowMs: number): void;
  readonly results: number;
}

interface Shown {
  device?: string;
  temperature?: number;
  vibration?: number;
  readings?: number;
  before?: string | null;
  status?: string;
  weight?: number;
  level?: number;
  pump?: boolean;
}

export function createPrinter(write: (text: string) => void, colours: boolean): Printer {
  let results = 0;
  const paint = (code: number, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const values = (r: Shown) => `${number(r.temperature, 1)} °C  ${number(r.vibration, 2)} mm/s`;
  return {
    line: (text) => write(`${text}\n`),
    result(topic, payload, nowMs) {
      results++;
      const at = new Date(nowMs).toTimeString().slice(0, 8);
      let r: Shown;
      try {
        r = JSON.parse(payload) as Shown;
      } catch {
        write(`${at}  ${topic}  ${payload}\n`);
        return;
      }
      const device = (r.device ?? '?').padEnd(8);
      const kind = topic.split('/').at(-1);
      if (kind === 'alarm') write(`${at}  ${paint(31, 'ALARM  ')}  ${device}  ${values(r)}\n`);
      else if (kind === 'average') write(`${at}  average  ${device}  ${values(r)} (highest)  ${r.readings} readings in 5 s\n`);
      else if (kind === 'tank') write(`${at}  pump     tank      ${r.pump ? 'on' : 'off'} at ${number(r.level, 1)} cm\n`);
      else if (kind === 'scale') write(`${at}  weight   scale     ${number(r.weight, 2)} kg\n`);
      else write(`${at}  ${paint(33, 'change ')}  ${device}  ${r.before ?? 'unknown'} → ${r.status}\n`);
    },
    get results() {
      return results;
    },
  };
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits).padStart(5 + digits - 1);
}
