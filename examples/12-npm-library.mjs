// npm libraries in slices: a module that imports one, and an inline function that requires one. It takes esbuild and mathjs.
import { computeFor } from 'manyhands';

// The module and all that it imports become one text, which each worker fetches once.
const roots = computeFor([2, 3, 4], new URL('./12-npm-library/work.ts', import.meta.url));
console.log([...(await roots.exec())].join(', '));

// An inline function names what it requires.
const factorials = computeFor([5, 10, 20], (n) => work.require('math').factorial(n), [], {
  imports: { math: 'mathjs' },
});
console.log([...(await factorials.exec())].join(', '));
