/**
 * Remote input: one URL for each slice, created when it is read, so that a pattern of any length costs no memory. The
 * content of `data:` URLs is sent as plain values.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { readDataUrl, RemoteDataPattern, RemoteDataSet } from '../../protocol/input/remote-sets.js';

/** A datum that the worker downloads. */
export class RemoteDatum {
  constructor(readonly url: string) {}
}

export interface PatternBounds {
  pattern: string;
  sliceCount: number;
}

/** Data that are given by URLs. As in DCP, a list of URL objects and `{ pattern, sliceCount }` are accepted too. */
export type RemoteData = RemoteDataSet | RemoteDataPattern | readonly URL[] | PatternBounds;

/** The remote data set that `data` is or describes; undefined for another kind of input. @throws INVALID_ARGUMENT */
export function toRemoteSet(data: object): RemoteDataSet | RemoteDataPattern | undefined {
  if (data instanceof RemoteDataSet || data instanceof RemoteDataPattern) return data;
  if (Array.isArray(data)) {
    const isAddresses = data.length > 0 && data.every((each) => each instanceof URL);
    return isAddresses ? new RemoteDataSet(data) : undefined;
  }
  const { pattern, sliceCount } = data as Partial<PatternBounds>;
  if (typeof pattern !== 'string' && typeof sliceCount !== 'number') return undefined;
  const given = readOptions<PatternBounds>(data, 'An input by address', { pattern: true, sliceCount: true });
  return new RemoteDataPattern(given.pattern!, given.sliceCount!);
}

export function* remoteData(set: RemoteDataSet | RemoteDataPattern): Generator<unknown> {
  for (const url of set) yield url.startsWith('data:') ? readDataUrl(url) : new RemoteDatum(url);
}
