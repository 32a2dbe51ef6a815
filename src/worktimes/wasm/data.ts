/**
 * Encodes values as bytes for modules that read and write bytes: bytes are unchanged, a text is UTF-8, other values are JSON.
 * The result has the form of the datum, unless the job specifies another.
 * @module
 */
import type { WasmResult } from '../../protocol/job/job-package.js';

export interface PackedDatum {
  readonly bytes: Uint8Array;
  readonly form: WasmResult;
}

const SHOWN_MAX = 80;

/** @throws TypeError for a value that JSON cannot represent */
export function packDatum(datum: unknown): PackedDatum {
  if (datum instanceof Uint8Array) return { bytes: datum, form: 'bytes' };
  if (datum instanceof ArrayBuffer) return { bytes: new Uint8Array(datum), form: 'bytes' };
  if (ArrayBuffer.isView(datum)) {
    return { bytes: new Uint8Array(datum.buffer, datum.byteOffset, datum.byteLength), form: 'bytes' };
  }
  if (typeof datum === 'string') return { bytes: new TextEncoder().encode(datum), form: 'text' };
  return { bytes: new TextEncoder().encode(`${encodeJson(datum, 'the datum')}\n`), form: 'json' };
}

/** One line of JSON; empty for undefined. @throws TypeError for a value that JSON cannot represent */
export function encodeJson(value: unknown, where: string): string {
  const text = JSON.stringify(value, (key: string, item: unknown) => {
    const what = notRepresentable(item);
    if (what === undefined) return item;
    throw new TypeError(
      `${where} holds ${what}${key === '' ? '' : ` at ${key}`}, which JSON cannot represent`,
    );
  }) as string | undefined;
  return text ?? '';
}

/** Decodes what a module wrote. @throws TypeError where it is not of that form */
export function unpackResult(bytes: Uint8Array, form: WasmResult): unknown {
  if (form === 'bytes') return bytes;
  const text = decode(bytes);
  if (form === 'text') return text;
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const shown = text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX - 1)}…`;
    throw new TypeError(
      `The result of the module is not JSON: ${JSON.stringify(shown)}. Set job.wasm.result to 'text' or 'bytes' to take it as it is`,
      { cause },
    );
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(
      "The result of the module is not UTF-8. Set job.wasm.result to 'bytes' to take it as it is",
      {
        cause,
      },
    );
  }
}

/** Names a value that JSON would leave out or change; undefined for all others. */
function notRepresentable(value: unknown): string | undefined {
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 'bytes';
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return ['Map', 'Set', 'RegExp', 'Error'].includes(tag) ? `a ${tag}` : undefined;
}
