/**
 * The payment of a job: credits per slice are converted to the units of a signed offer. By default a job is free and no
 * offer is signed.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { checkSignal } from '../../lib/abortable.js';
import { readOptions } from '../../lib/options.js';
import { toUnits } from '../../wallet/credits.js';

/** The price of one slice in credits, alone or with limits. */
export type SlicePaymentOffer =
  | number
  | string
  | {
      /** Maximum price of one slice, credits. */
      pricePerSlice: number | string;
      /** Maximum cost of the whole job, credits. @default the price times the number of slices, if that is known */
      ceiling?: number | string;
      /** Time in which the scheduler may accept the offer, milliseconds. @default 600000 */
      acceptMs?: number;
    }
  | {
      /** DCP's name for `pricePerSlice`. */
      maxPerRequest: number | string;
      ceiling?: number | string;
      acceptMs?: number;
    };

/** The options of `exec` and `deploy`. */
export interface ExecOptions {
  pricePerSlice?: number | string;
  /** DCP's name for `pricePerSlice`. */
  maxPerRequest?: number | string;
  ceiling?: number | string;
  acceptMs?: number;
  /** Cancels the job; the call rejects with `ABORTED` or `TIMEOUT`. */
  signal?: AbortSignal | undefined;
}

/** Separates the offer from the signal in the argument of `exec`. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function splitExec(given: SlicePaymentOffer | ExecOptions | undefined): {
  offer: SlicePaymentOffer | undefined;
  signal: AbortSignal | undefined;
} {
  if (typeof given !== 'object' || given === null) return { offer: given, signal: undefined };
  const { signal, ...offer } = readOptions<ExecOptions>(given, 'exec', {
    pricePerSlice: true,
    maxPerRequest: true,
    ceiling: true,
    acceptMs: true,
    signal: true,
  });
  const hasOffer = Object.values(offer).some((value) => value !== undefined);
  return { offer: hasOffer ? (offer as SlicePaymentOffer) : undefined, signal: checkSignal(signal) };
}

export interface ResolvedOffer {
  readonly pricePerSlice: bigint;
  readonly ceiling: bigint;
  readonly acceptMs: number;
}

/** Time in which the scheduler may accept an offer, milliseconds. */
export const ACCEPT_MS_DEFAULT = 600_000;

/**
 * @param slices the number of slices of the job; undefined if it is unknown or more may be added
 * @throws INVALID_ARGUMENT if the offer is malformed, or has no ceiling for a paid job of unknown size
 */
export function resolveOffer(offer: SlicePaymentOffer, slices: number | undefined): ResolvedOffer {
  const given =
    typeof offer === 'number' || typeof offer === 'string' ? { pricePerSlice: offer } : readOffer(offer);
  const pricePerSlice = units(given.pricePerSlice, 'The price of a slice');
  const acceptMs = given.acceptMs ?? ACCEPT_MS_DEFAULT;
  if (!Number.isFinite(acceptMs) || acceptMs <= 0) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `acceptMs must be a number of milliseconds above 0; got ${acceptMs}.`,
    );
  }
  if (given.ceiling !== undefined) {
    return { pricePerSlice, ceiling: units(given.ceiling, 'The ceiling'), acceptMs };
  }
  if (pricePerSlice === 0n) return { pricePerSlice, ceiling: 0n, acceptMs };
  if (slices === undefined) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'A paid job whose number of slices is unknown needs a ceiling: ' +
        'exec({ pricePerSlice: 0.01, ceiling: 50 }). job.topUp(ceiling) raises it later.',
    );
  }
  return { pricePerSlice, ceiling: pricePerSlice * BigInt(slices), acceptMs };
}

function readOffer(given: unknown): Pick<ExecOptions, 'pricePerSlice' | 'ceiling' | 'acceptMs'> {
  const { maxPerRequest, ...offer } = readOptions<Omit<ExecOptions, 'signal'>>(
    given ?? null,
    'The payment offer',
    { pricePerSlice: true, maxPerRequest: true, ceiling: true, acceptMs: true },
  );
  if (maxPerRequest === undefined) return offer;
  if (offer.pricePerSlice === undefined) return { ...offer, pricePerSlice: maxPerRequest };
  const text = 'maxPerRequest is another name for pricePerSlice: give one of the two.';
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'maxPerRequest' });
}

function units(credits: unknown, what: string): bigint {
  if (typeof credits !== 'number' && typeof credits !== 'string') {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `${what} must be a number of credits; got ${typeof credits}.`,
    );
  }
  return toUnits(credits);
}
