// The boot record of a new device: slot A is good, B is empty, no start is counted. Called by boot.sh: boot-record.ts FOLDER.
import { createBootMedium, fileBlocks } from '../../src/system/boot/medium.ts';

const [folder] = process.argv.slice(2) as [string];
createBootMedium(fileBlocks(folder)).repair({ good: 'A', otherIsGood: false });
