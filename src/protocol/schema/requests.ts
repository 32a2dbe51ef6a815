/**
 * Tables of requests: the checks of a request's fields and of its reply's body, by type of request.
 * @module
 */
import type { Check } from './check.js';

export interface RequestChecks<Q, R> {
  /** The fields of the request, without `type` and `id`. */
  readonly request: Check<Q>;
  /** The body of its reply. */
  readonly reply: Check<R>;
}

export function request<Q extends object, R extends object>(
  fields: Check<Q>,
  reply: Check<R>,
): RequestChecks<Q, R> {
  return { request: fields, reply };
}

/** By type: the fields of the request, the body of its reply. */
export type RequestsOf<D> = {
  [K in keyof D]: D[K] extends RequestChecks<infer Q, infer R> ? [Q, R] : never;
};

/** By type: the fields of a message without a reply. */
export type NoticesOf<D> = { [K in keyof D]: D[K] extends Check<infer N> ? N : never };
