import { describe } from 'vitest';
import * as group from '../../../src/functions/aggregate/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the aggregate functions', () => testExamples(group));
