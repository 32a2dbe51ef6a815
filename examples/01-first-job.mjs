// A first job: squares of numbers, computed by whoever lends a machine.
import { computeFor } from 'manyhands';

const job = computeFor([1, 2, 3, 4, 5], (x, power) => x ** power, [2]);

job.on('result', ({ sliceNumber, result }) => console.log(`slice ${sliceNumber} is ${result}`));

const results = await job.exec();
console.log('all:', [...results]);
