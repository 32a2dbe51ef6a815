/**
 * Messages of the sandbox as text, with their bytes, on their way between Node and a page.
 * @module
 */
const PIECE = 0x8000;

export function toText(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, made: unknown) {
    // As it stands in its object: a Buffer has already become JSON of its own in `made`.
    const item = this[key];
    if (!(item instanceof Uint8Array)) return made;
    let binary = '';
    for (let i = 0; i < item.length; i += PIECE)
      binary += String.fromCharCode(...item.subarray(i, i + PIECE));
    return { $bytes: btoa(binary) };
  });
}

export function fromText(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || !('$bytes' in item)) return item;
    return Uint8Array.from(atob(item.$bytes as string), (unit) => unit.charCodeAt(0));
  });
}
