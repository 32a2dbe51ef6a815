// As in Modal's first example: a function prints and returns, is called once and then mapped over a range.
import { compute, init, map } from 'manyhands';

init({ local: true });
const f = (i) => {
  console[i % 2 === 0 ? 'log' : 'error'](i % 2 === 0 ? 'hello' : 'world', i);
  return i * i;
};
console.log((await compute.for(1000, 1000, f).exec())[0]);
let total = 0;
for await (const result of map(200, f)) total += result;
console.log(total);
