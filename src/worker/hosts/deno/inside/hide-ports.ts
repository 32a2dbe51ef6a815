/**
 * Hides the ports of a sandbox's Worker in Deno from its job code; runs after the prelude. The function is sent as text, so
 * that it must not refer to anything outside of itself.
 * @module
 */
export function hidePorts(): void {
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { apply } = Reflect;
  const wait = globalThis.setTimeout;
  const nothing = (): void => undefined;

  // Browsers store the data of a message event in internal slots, Deno assigns it to properties: a setter on the
  // prototype, defined by job code, would be called with the next message and expose its port.
  for (const name of ['data', 'ports', 'origin', 'lastEventId', 'source']) {
    const missing = name === 'source' ? null : undefined;
    defineProperty(MessageEvent.prototype, name, {
      get(this: object): unknown {
        const own = getOwnPropertyDescriptor(this, name);
        return own === undefined ? missing : own.value;
      },
      set(this: object, value: unknown) {
        defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
      },
      configurable: false,
    });
  }

  // Deno delivers to a port through methods that job code could replace to get the sandbox's own port.
  for (const name of ['dispatchEvent', 'addEventListener', 'removeEventListener'] as const) {
    const found = Object.getOwnPropertyDescriptor(EventTarget.prototype, name);
    Object.defineProperty(MessagePort.prototype, name, { ...found, writable: false, configurable: false });
  }

  // On the way from a port to its handler Deno reads and sets many properties that job code can override with accessors,
  // also of arrays, and the event has the port as its target. The ports that are opened before the first message are the
  // sandbox's own: their handlers are called directly, with an event that has no target.
  const handler = getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage') as {
    get?: () => unknown;
    set?: (listener: unknown) => void;
  };
  const get = (port: MessagePort): unknown => apply(handler.get ?? nothing, port, []);
  const set = (port: MessagePort, listener: unknown): unknown =>
    apply(handler.set ?? nothing, port, [listener]);
  let areOurs = true;
  const callListener = (listener: (event: Event) => void, event: Event): boolean => {
    areOurs = false;
    try {
      listener(event);
    } catch (error) {
      wait(() => {
        throw error;
      });
    }
    return true;
  };
  defineProperty(MessagePort.prototype, 'onmessage', {
    get(this: MessagePort): unknown {
      return get(this);
    },
    set(this: MessagePort, listener: (event: Event) => void) {
      if (!areOurs) return void set(this, listener);
      const value = (event: Event): boolean => callListener(listener, event);
      defineProperty(this, 'dispatchEvent', { value, writable: false, configurable: false });
      set(this, nothing);
    },
    configurable: false,
    enumerable: true,
  });
}
