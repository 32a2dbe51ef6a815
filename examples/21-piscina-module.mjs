// As in Piscina's first example: the function is in a module of its own.
import { computeFor, init } from 'manyhands';

init({ local: true });
const [sum] = await computeFor(
  [{ a: 4, b: 6 }],
  new URL('21-piscina-module/add.mjs', import.meta.url),
).exec();
console.log(sum);
