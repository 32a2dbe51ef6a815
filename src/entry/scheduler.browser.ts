/**
 * What a page gets for `manyhands/scheduler` and `manyhands/operator`: a word that says where they run, since some
 * bundlers take `"browser": null` for nothing at all.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

throw new ManyhandsError(
  'UNSUPPORTED_ENVIRONMENT',
  'manyhands/scheduler and manyhands/operator run in Node, not in a page. Start `manyhands scheduler`, and give its address to init().',
);
