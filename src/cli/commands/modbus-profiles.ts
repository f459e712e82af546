// `kuiper modbus profiles`: the register maps that streams on this machine can name, those of the library included.
import type { Command } from '../command.ts';

export const modbusProfiles: Command = {
  name: 'modbus profiles',
  usage: 'modbus profiles [SEARCH …] [--root DIR]',
  doc: 'List the profiles of Modbus devices, those of the library included; each word of SEARCH must be in name, maker, model or kind.',
  offline: true,
  flags: [{ names: ['root'], doc: 'root folder of the gateway on this machine' }],
  exits: true,
  examples: [['kuiper modbus profiles eastron meter', "the maker's meters"]],
  async run(context) {
    const { listProfiles } = await import('../../connectors/modbus/profile-file.ts');
    const words = context.args.map((w) => w.toLowerCase());
    const root = context.flags['root'];
    const list = listProfiles(typeof root === 'string' ? root : context.root).filter((p) => {
      const text = `${p.id} ${p.maker} ${p.model} ${p.kind}`.toLowerCase();
      return words.every((w) => text.includes(w));
    });
    context.show(JSON.stringify(list), {
      empty: words.length > 0 ? `No profile has "${context.args.join(' ')}" in its name, maker, model or kind.` : 'There are no profiles.',
      // names are typed into streams, so they are never cut
      page: (rows: typeof list, paint) =>
        rows
          .map((r) => {
            const device = `${r.maker} ${r.model}`.trim() || 'unnamed device';
            const what = r.problem ? paint('bad', r.problem) : paint('dim', `${device}; ${r.kind || 'other'}; ${r.points} points`);
            const unseen = r.problem || r.seenOnHardware ? '' : 'not seen on hardware';
            const compared = r.comparedWith ? `compared with ${r.comparedWith}` : '';
            const from = [r.own ? 'own file' : '', r.source, compared, unseen].filter((t) => t !== '').join('; ');
            return [paint('bold', r.id), `  ${what}`, ...(from ? [`  ${paint('dim', from)}`] : [])].join('\n');
          })
          .join('\n'),
    });
  },
};
