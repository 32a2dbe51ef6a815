// A worktime that the job brings along: an interpreter in an ES module, so that the work function is a text of Lisp.
import { computeFor } from 'manyhands';

const GCD = `
(lambda (pair bound)          ; the datum, and the job's argument
  (let (gcd (lambda (a b) (if (= b 0) a (gcd b (mod a b)))))
    (gcd pair bound)))
`;

const job = computeFor([12, 18, 35, 48], GCD, [60]);
job.customWorktime = {
  name: 'tiny-lisp',
  version: '0.1.0',
  source: new URL('10-custom-worktime/lisp.mjs', import.meta.url),
};
console.log('gcd with 60:', [...(await job.exec())].join(' '));

const wrong = computeFor([1], '(lambda (x)\n  (+ x y))');
wrong.customWorktime = job.customWorktime;
const error = await wrong.exec().catch((failure) => failure.cause);
console.log(error.stack);
