// Scan tables beside a stream.
import { createJoinAlign } from '../../exec/join-align.ts';
import type { JoinAlignNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';

export const makeJoinAlign =
  (_n: JoinAlignNode, _input: MakerInput): OperatorMaker =>
  (_host, stats, next) =>
    createJoinAlign(stats, next);
