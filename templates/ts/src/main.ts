/** A job in TypeScript: how many primes there are below each of these numbers. */
import { computeFor, init } from 'manyhands';

// In threads of this program. Without this line: by the workers of the scheduler at MANYHANDS_SCHEDULER.
init({ local: true });

const job = computeFor([100, 10_000, 1_000_000], (limit: number) => {
  let primes = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) primes++;
  }
  return { limit, primes };
});
job.public.name = 'Primes';

for (const { limit, primes } of await job.exec()) {
  console.log(`${primes} primes below ${limit}`);
}
