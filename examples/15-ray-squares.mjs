// As in Ray's first tutorial of tasks: a function is called on several numbers, and all results are awaited.
import { init, map } from 'manyhands';

init({ local: true });
console.log(await map(4, (n) => n * n));
