import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/date/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the date functions', () => testExamples(group));
