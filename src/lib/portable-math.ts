/**
 * Logarithm and exponential of the C library fdlibm, with basic arithmetic alone. `Math.log` and `Math.exp` may differ in the
 * last bits between engines; these give the same bits in all of them, so that all parties of a job see the same numbers.
 * @module
 */
const { floor } = Math;

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const LN_SQRT_2PI = 0.9189385332046728;
/** From here on the series of Stirling is exact to a double; below it factorials are products. */
const STIRLING_MIN = 60;

/** The natural logarithm of a positive, finite number. */
export function portableLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa >= 2 ** 64; exponent += 64) mantissa /= 2 ** 64;
  for (; mantissa < 2 ** -64; exponent -= 64) mantissa *= 2 ** 64;
  for (; mantissa >= Math.SQRT2; exponent++) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + even + odd) + exponent * LN2_LOW) - f);
}

/** e to the power of a finite number of at most 700; 0 where that is too small for a double. */
export function portableExp(x: number): number {
  if (x < -745) return 0;
  const exponent = floor(x / LN2_HIGH + 0.5);
  const high = x - exponent * LN2_HIGH;
  const low = exponent * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  let y = 1 - (low - (r * c) / (2 - c) - high);
  let left = exponent;
  for (; left >= 64; left -= 64) y *= 2 ** 64;
  for (; left > 0; left--) y *= 2;
  for (; left <= -64; left += 64) y *= 2 ** -64;
  for (; left < 0; left++) y /= 2;
  return y;
}

/** The natural logarithm of k!, for a whole k from 0. */
export function logFactorial(k: number): number {
  if (k >= STIRLING_MIN) {
    const series = 1 / (12 * k) - 1 / (360 * k * k * k) + 1 / (1260 * k * k * k * k * k);
    return (k + 0.5) * portableLog(k) - k + LN_SQRT_2PI + series;
  }
  let product = 1;
  for (let i = 2; i <= k; i++) product *= i;
  return portableLog(product);
}
