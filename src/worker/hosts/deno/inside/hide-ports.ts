/**
 * What keeps the ports of a sandbox's Worker in Deno from the job in it; runs there after the prelude.
 * Its text travels, so that it may refer to nothing outside of itself.
 * @module
 */
export function hidePorts(): void {
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { apply } = Reflect;
  const wait = globalThis.setTimeout;
  const nothing = (): void => undefined;

  // Browsers keep what a message brings behind accessors of all messages, Deno with each, where it assigns it:
  // a setter of the job's would be called with the next message, which tells the port that it came by.
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

  // Deno delivers to a port by a method that job code could replace, and see the sandbox's own port by it.
  for (const name of ['dispatchEvent', 'addEventListener', 'removeEventListener'] as const) {
    const found = Object.getOwnPropertyDescriptor(EventTarget.prototype, name);
    Object.defineProperty(MessagePort.prototype, name, { ...found, writable: false, configurable: false });
  }

  // Deno's way from a port to a handler passes many a property that a job can put a setter or a getter on, those of
  // lists among them, and an event there has the port as its target. The ports that the sandbox opens before it hears
  // a first message, which are its own, get theirs handed straight, by an event that never has a target.
  const handler = getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage') as {
    get?: () => unknown;
    set?: (heard: unknown) => void;
  };
  const get = (port: MessagePort): unknown => apply(handler.get ?? nothing, port, []);
  const set = (port: MessagePort, heard: unknown): unknown => apply(handler.set ?? nothing, port, [heard]);
  let areOurs = true;
  const hand = (heard: (event: Event) => void, event: Event): boolean => {
    areOurs = false;
    try {
      heard(event);
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
    set(this: MessagePort, heard: (event: Event) => void) {
      if (!areOurs) return void set(this, heard);
      const value = (event: Event): boolean => hand(heard, event);
      defineProperty(this, 'dispatchEvent', { value, writable: false, configurable: false });
      set(this, nothing);
    },
    configurable: false,
    enumerable: true,
  });
}
