/**
 * Input by address as it is fed: one address a slice, made when it is read, so that a pattern of any length costs
 * nothing beforehand. What `data:` addresses hold travels as plain values.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { readDataUrl, RemoteDataPattern, RemoteDataSet } from '../../protocol/input/remote-sets.js';

/** A datum that its worker fetches. */
export class RemoteDatum {
  constructor(readonly url: string) {}
}

export interface PatternBounds {
  pattern: string;
  sliceCount: number;
}

/** What names its data by addresses: as in DCP a list of URLs and `{ pattern, sliceCount }` do so too. */
export type RemoteData = RemoteDataSet | RemoteDataPattern | readonly URL[] | PatternBounds;

/** The set that `data` is, or stands for; undefined where it is another kind of input. Throws `INVALID_ARGUMENT`. */
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
