import { describe } from 'vitest';
import * as group from '../../../src/functions/window/index.ts';
import { testExamples } from '../run-examples.ts';

describe('examples of the window functions', () => testExamples(group));
