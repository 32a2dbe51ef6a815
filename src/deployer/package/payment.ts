/**
 * What a job pays: the caller's words (credits per slice) become the units of a signed offer. By default a job
 * pays nothing and nothing is signed for it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { checkSignal } from '../../lib/abortable.js';
import { readOptions } from '../../lib/options.js';
import { toUnits } from '../../wallet/credits.js';

/** Credits of one slice, or the same with its bounds. */
export type SlicePaymentOffer =
  | number
  | string
  | {
      /** Highest price of one slice, credits. */
      pricePerSlice: number | string;
      /** Most that the job may cost, credits. @default the price times the slices, where they are known */
      ceiling?: number | string;
      /** How long the scheduler may take to accept it, milliseconds. @default 600000 */
      acceptMs?: number;
    };

/** What `exec` and `deploy` take in one object. */
export interface ExecOptions {
  pricePerSlice?: number | string;
  ceiling?: number | string;
  acceptMs?: number;
  /** Ends what was begun: the call rejects with `ABORTED` or `TIMEOUT`, and the job is cancelled. */
  signal?: AbortSignal | undefined;
}

/** The offer in what `exec` was given, and the signal. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function splitExec(given: SlicePaymentOffer | ExecOptions | undefined): {
  offer: SlicePaymentOffer | undefined;
  signal: AbortSignal | undefined;
} {
  if (typeof given !== 'object' || given === null) return { offer: given, signal: undefined };
  const { signal, ...offer } = readOptions<ExecOptions>(given, 'exec', {
    pricePerSlice: true,
    ceiling: true,
    acceptMs: true,
    signal: true,
  });
  const hasOffer = Object.values(offer).some((value) => value !== undefined);
  return { offer: hasOffer ? (offer as SlicePaymentOffer) : undefined, signal: checkSignal(signal) };
}

export interface OfferTerms {
  readonly pricePerSlice: bigint;
  readonly ceiling: bigint;
  readonly acceptMs: number;
}

const ACCEPT_MS_DEFAULT = 600_000;

/**
 * @param slices how many slices the job has in all; undefined where that is not known or more may come
 * @throws INVALID_ARGUMENT when it is malformed, or a priced job of unknown size names no ceiling
 */
export function resolveOffer(offer: SlicePaymentOffer, slices: number | undefined): OfferTerms {
  const given =
    typeof offer === 'number' || typeof offer === 'string' ? { pricePerSlice: offer } : readOffer(offer);
  const pricePerSlice = units(given.pricePerSlice, 'The price of a slice');
  const acceptMs = given.acceptMs ?? ACCEPT_MS_DEFAULT;
  if (!Number.isFinite(acceptMs) || acceptMs <= 0) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `acceptMs must be a number of milliseconds above 0, got ${acceptMs}.`,
    );
  }
  if (given.ceiling !== undefined) {
    return { pricePerSlice, ceiling: units(given.ceiling, 'The ceiling'), acceptMs };
  }
  if (pricePerSlice === 0n) return { pricePerSlice, ceiling: 0n, acceptMs };
  if (slices === undefined) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'A job that pays and whose number of slices is not known needs a ceiling: ' +
        'exec({ pricePerSlice: 0.01, ceiling: 50 }). job.topUp(ceiling) raises it later.',
    );
  }
  return { pricePerSlice, ceiling: pricePerSlice * BigInt(slices), acceptMs };
}

function readOffer(offer: unknown): Partial<Extract<SlicePaymentOffer, object>> {
  return readOptions<Extract<SlicePaymentOffer, object>>(offer ?? null, 'The payment offer', {
    pricePerSlice: true,
    ceiling: true,
    acceptMs: true,
  });
}

function units(credits: unknown, what: string): bigint {
  if (typeof credits !== 'number' && typeof credits !== 'string') {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `${what} must be a number of credits, got ${typeof credits}.`,
    );
  }
  return toUnits(credits);
}
