import { complex, format, sqrt } from 'mathjs';

/** The square root of -n. */
export function root(n: number): string {
  return format(sqrt(complex(-n, 0)), 4);
}
