/**
 * Setup of the tests of store commands: libsql aborts the whole process when a statement gets a boolean, and with it the
 * run. Types exclude that, but a mutant can pass one; here it throws, so that the test fails and the run goes on.
 * @module
 */
import Database from 'libsql';

const database = new Database(':memory:');
const { prototype } = database.prepare('SELECT 1').constructor;
database.close();

/** This module runs before each file of tests, in one process. */
const DONE = Symbol.for('manyhands.refuse-booleans');
if (prototype[DONE] === undefined) {
  prototype[DONE] = true;
  for (const method of ['run', 'get', 'all', 'iterate']) prototype[method] = refusing(prototype[method]);
}

function refusing(original) {
  return function (...params) {
    if (params.flat().some((value) => typeof value === 'boolean'))
      throw new TypeError('SQLite cannot bind a boolean');
    return original.apply(this, params);
  };
}
