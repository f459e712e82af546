import { describe } from 'vitest';
import * as group from '../../../src/functions/analytic/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the analytic functions', () => testExamples(group));
