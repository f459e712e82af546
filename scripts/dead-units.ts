// The matrix of dead units: what the living keep of their rate, for each kind of death, number of dead units and kind of bus, in virtual time. Writes
// test/connectors/modbus/dead-matrix.json, which a test compares with. Exits 1 when the living keep less than 90 percent once the dead are found.
//   node scripts/dead-units.ts
import { writeFileSync } from 'node:fs';
import { deadMatrix } from '../test/connectors/modbus/dead-matrix.ts';

const cells = await deadMatrix((cell) => {
  console.log(JSON.stringify(cell));
  if (cell.later < 0.9 || cell.worst < 0.9) process.exitCode = 1;
});
writeFileSync('test/connectors/modbus/dead-matrix.json', `[\n${cells.map((c) => `  ${JSON.stringify(c)}`).join(',\n')}\n]\n`);
