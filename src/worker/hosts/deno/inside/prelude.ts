/**
 * Runs in a sandbox's Worker in Deno before the sandbox script: makes its globals behave as in browsers. The function is
 * sent as text, so that it must not refer to anything outside of itself.
 * @module
 */
export function prelude(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const evaluate = globalThis.eval;
  const wait = globalThis.setTimeout.bind(globalThis) as (fn: () => void, ms?: number) => number;
  const dispatch = EventTarget.prototype.dispatchEvent.bind(globalThis as unknown as EventTarget);
  const [ScriptBlob, ErrorEventClass, RejectionEventClass] = [Blob, ErrorEvent, PromiseRejectionEvent];
  const [createUrl, revokeUrl] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];

  /** Deno reports the position of a syntax error only for modules. */
  const placeOf = async (text: string): Promise<{ lineno: number; colno: number }> => {
    const url = createUrl(new ScriptBlob([text], { type: 'text/javascript' }));
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
      const init = { error, message: String(error), cancelable: true, ...place };
      dispatch(new ErrorEventClass('error', init));
    }
  };

  // Deno creates many globals lazily, by getters; the code that limits them expects values.
  const unwanted =
    /^(on|GPU|Cache|Lock|caches|location|navigator|self|process|Buffer|(set|clear)Immediate|BroadcastChannel|EventSource|Headers|Request|Response|URLPattern|WebSocket)/;
  for (const name of Object.getOwnPropertyNames(scope)) {
    const found = Object.getOwnPropertyDescriptor(scope, name);
    if (found?.get === undefined || found.configurable !== true || unwanted.test(name)) continue;
    const { enumerable = false } = found;
    Object.defineProperty(scope, name, {
      value: scope[name],
      writable: true,
      configurable: true,
      enumerable,
    });
  }

  // Browsers accept a string as the callback of a timer; Deno does not.
  scope['setTimeout'] = (callback: unknown, ms?: number, ...args: unknown[]): number => {
    if (typeof callback === 'string') return wait(() => void runText(callback), ms);
    return wait(() => (callback as (...args: unknown[]) => void)(...args), ms);
  };

  // Deno reports errors through this method of the global object; job code must not be able to replace it.
  Object.defineProperty(scope, 'dispatchEvent', {
    value: (event: Event) =>
      !(event instanceof ErrorEventClass || event instanceof RejectionEventClass) || dispatch(event),
    writable: false,
    configurable: false,
    enumerable: false,
  });

  // Deno has its own format for positions in evaluated code; this is V8's.
  Error.prepareStackTrace = (error, frames: { toString(): string }[]) => {
    const lines = frames.map((frame) => `\n    at ${frame.toString()}`);
    return `${String(error)}${lines.join('')}`;
  };

  // The sandbox script removes these with everything that is not permitted; nothing before it needs them.
  for (const name of ['Deno', 'process', 'Buffer', 'global', 'Worker']) Reflect.deleteProperty(scope, name);
}
