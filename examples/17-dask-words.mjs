// As in Dask's example of bags: the words of a text are counted in parts, the counts are joined, and the first ones shown.
import { readFileSync } from 'node:fs';
import { init, map } from 'manyhands';

init({ local: true });
const text = readFileSync(new URL('data/lighthouse.txt', import.meta.url), 'utf8');
const parts = await map(text.split('\n\n'), (part) => {
  const counts = new Map();
  for (const [word] of part.toLowerCase().matchAll(/[a-z]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
});
const all = new Map();
for (const counts of parts) for (const [word, n] of counts) all.set(word, (all.get(word) ?? 0) + n);
const first = [...all].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 3);
console.log(first.map(([word, n]) => `${word} ${n}`).join(', '));
