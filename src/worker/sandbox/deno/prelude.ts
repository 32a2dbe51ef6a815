/**
 * What runs in a sandbox's Worker in Deno before the sandbox script: makes the realm what that script knows from browsers.
 * Its text travels, so that it may refer to nothing outside of itself.
 * @module
 */
export function prelude(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const evaluate = globalThis.eval;
  const wait = globalThis.setTimeout.bind(globalThis) as (fn: () => void, ms?: number) => number;
  const dispatch = EventTarget.prototype.dispatchEvent.bind(globalThis as unknown as EventTarget);
  const [createUrl, revokeUrl] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];

  /** Deno tells where a text does not parse only of modules. */
  const placeOf = async (text: string): Promise<{ lineno: number; colno: number }> => {
    const url = createUrl(new Blob([text], { type: 'text/javascript' }));
    const thrown: unknown = await import(url).then(
      () => undefined,
      (error: unknown) => error,
    );
    revokeUrl(url);
    const place = /:(\d+):(\d+)/.exec(String(thrown).replaceAll(url, ''));
    return { lineno: Number(place?.[1] ?? 0), colno: Number(place?.[2] ?? 0) };
  };

  const runText = async (text: string): Promise<void> => {
    try {
      evaluate(text);
    } catch (error) {
      const place = error instanceof SyntaxError ? await placeOf(text) : {};
      const told = { error, message: String(error), cancelable: true, ...place };
      dispatch(new ErrorEvent('error', told));
    }
  };

  // Browsers take a text for a timer, too; Deno does not.
  scope['setTimeout'] = (callback: unknown, ms?: number, ...args: unknown[]): number => {
    if (typeof callback === 'string') return wait(() => void runText(callback), ms);
    return wait(() => (callback as (...args: unknown[]) => void)(...args), ms);
  };

  // Deno delivers to a port by a method that job code could replace, and see the sandbox's own port by it.
  for (const name of ['dispatchEvent', 'addEventListener', 'removeEventListener'] as const) {
    const value = EventTarget.prototype[name];
    Object.defineProperty(MessagePort.prototype, name, { value, writable: false, configurable: false });
  }

  // The sandbox takes these away with all that is not permitted; nothing between here and there needs them.
  for (const name of ['Deno', 'process', 'Buffer', 'global', 'Worker']) Reflect.deleteProperty(scope, name);
}
