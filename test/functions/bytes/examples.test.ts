import { describe } from 'vitest';
import * as group from '../../../src/functions/scalar/bytes/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the functions of bytes', () => testExamples(group));
