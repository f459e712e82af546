import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/string/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the string functions', () => testExamples(group));
