// As in Bifrost2's examples of compute_for and JobFS, in their JavaScript form: a file goes along with the job.
/* global jobfs -- what a work function sees */
import { compute_for, init } from 'manyhands';

init({ local: true });
const job = compute_for(['sea', 'goat'], (word) => {
  const text = jobfs.readTextFile('book.txt').toLowerCase();
  return `${word} ${text.split(/[^a-z]+/).filter((one) => one === word).length}`;
});
await job.fs.add(new URL('data/lighthouse.txt', import.meta.url), 'book.txt');
await job.deploy();
console.log((await job.wait()).join(', '));
