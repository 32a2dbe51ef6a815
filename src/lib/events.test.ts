import { describe, expect, it } from 'vitest';
import { Emitter } from './events.js';

interface Events {
  said: string;
}

describe('an emitter', () => {
  it('calls listeners in order, by a name in any case', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    emitter.on('said', (word) => heard.push(`1 ${word}`));
    emitter.on('SAID' as 'said', (word) => heard.push(`2 ${word}`));
    emitter.emit('said', 'a');
    emitter.emit('Said' as 'said', 'b');
    expect(heard).toEqual(['1 a', '2 a', '1 b', '2 b']);
    expect(emitter.listenerCount('sAiD' as 'said')).toBe(2);
  });

  it.each([undefined, null, 0, {}])('refuses the name %s, which is no string', (name) => {
    const emitter = new Emitter<Events>();
    for (const change of ['on', 'once', 'off'] as const)
      expect(() => emitter[change](name as never, () => undefined)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
  });

  it('refuses the name of no event, with the nearest one, where it knows all', () => {
    const emitter = new Emitter<Events>({ said: true });
    emitter.on('SAID' as 'said', () => undefined);
    for (const listen of ['on', 'once'] as const)
      expect(() => emitter[listen]('sayd' as 'said', () => undefined)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining("'said'") as unknown,
        }),
      );
  });

  it('calls one listener once, however often it was added, and none that was taken away', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const listener = (word: string): void => void heard.push(word);
    emitter.on('said', listener).on('said', listener);
    emitter.emit('said', 'a');
    emitter.off('said', listener);
    emitter.emit('said', 'b');
    expect(heard).toEqual(['a']);
  });

  it('calls what waits for one event once, and lets it be taken away', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const never = (): void => void heard.push('never');
    emitter.once('said', (word) => heard.push(word));
    emitter.once('said', never);
    emitter.off('said', never);
    emitter.emit('said', 'a');
    emitter.emit('said', 'b');
    expect(heard).toEqual(['a']);
  });

  it('goes through the listeners that there were when it began', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const second = (): void => void heard.push('second');
    emitter.on('said', () => {
      heard.push('first');
      emitter.off('said', second);
      emitter.on('said', () => heard.push('late'));
    });
    emitter.on('said', second);
    emitter.emit('said', 'a');
    expect(heard).toEqual(['first', 'second']);
  });
});

describe('a listener that is no function', () => {
  it.each([undefined, null, 'text', {}])('is refused where it is added: %j', (listener) => {
    const emitter = new Emitter<Events>();
    for (const add of ['on', 'once'] as const)
      expect(() => emitter[add]('said', listener as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      );
  });
});
