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
  const [ScriptBlob, Told, Rejected] = [Blob, ErrorEvent, PromiseRejectionEvent];
  const [createUrl, revokeUrl] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];

  /** Deno tells where a text does not parse only of modules. */
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
      const told = { error, message: String(error), cancelable: true, ...place };
      dispatch(new Told('error', told));
    }
  };

  // Deno makes many of its globals when they are first asked for; what limits them looks for a value.
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

  // Browsers take a text for a timer, too; Deno does not.
  scope['setTimeout'] = (callback: unknown, ms?: number, ...args: unknown[]): number => {
    if (typeof callback === 'string') return wait(() => void runText(callback), ms);
    return wait(() => (callback as (...args: unknown[]) => void)(...args), ms);
  };

  // Deno tells of errors by this method of the global object; nobody else gets to be heard by it.
  Object.defineProperty(scope, 'dispatchEvent', {
    value: (event: Event) => !(event instanceof Told || event instanceof Rejected) || dispatch(event),
    writable: false,
    configurable: false,
    enumerable: false,
  });

  // Deno writes a place in a text that was evaluated in a way of its own; this is V8's.
  Error.prepareStackTrace = (error, frames: { toString(): string }[]) => {
    const lines = frames.map((frame) => `\n    at ${frame.toString()}`);
    return `${String(error)}${lines.join('')}`;
  };

  // The sandbox takes these away with all that is not permitted; nothing between here and there needs them.
  for (const name of ['Deno', 'process', 'Buffer', 'global', 'Worker']) Reflect.deleteProperty(scope, name);
}
