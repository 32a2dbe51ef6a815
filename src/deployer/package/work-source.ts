/**
 * Reads the work function of a call. A function is converted with `toString()`, so it cannot use variables of its surroundings.
 * A page loads this with the deployer, and what packs the function when a job is deployed.
 * @module
 */
import { invalidSource } from '../../worktimes/packing/source-packer.js';

export type WorkSource =
  | { readonly kind: 'function'; readonly text: string; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'url'; readonly url: URL };

/** @throws WORK_FUNCTION_INVALID for errors that do not depend on the worktime */
export function parseWork(work: unknown): WorkSource {
  if (work instanceof URL) return { kind: 'url', url: work };
  if (work instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(work) };
  if (ArrayBuffer.isView(work))
    return { kind: 'bytes', bytes: new Uint8Array(work.buffer, work.byteOffset, work.byteLength) };
  if (typeof work === 'string') {
    if (work.trim() === '') throw invalidSource('its source is empty', 'Pass the source of a function.');
    return { kind: 'text', text: work };
  }
  if (typeof work !== 'function') {
    throw invalidSource(
      `it is ${typeof work}`,
      'Pass a function, its source as a string, or the URL or the bytes of a module.',
    );
  }
  return { kind: 'function', text: functionText(work), name: work.name };
}

function functionText(work: object): string {
  const text = Function.prototype.toString.call(work);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw invalidSource(
      'it is a bound or built-in function, which has no source text',
      'Wrap it: (x) => f(x).',
    );
  }
  if (/^class\b/.test(text))
    throw invalidSource('it is a class', 'Pass a function that uses the class inside.');
  if (Object.prototype.toString.call(work).includes('Generator')) {
    throw invalidSource(
      'it is a generator function',
      'A slice has one result: return an array instead of yielding.',
    );
  }
  return text;
}
