/** Memory of this process that is still in use: what is left when everything else was collected. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect;

/** Bytes of its heap and of its buffers; collects first, which stops the process for some milliseconds. */
export function liveBytes() {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
