import { expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.js';
import { FrameWatch } from './frame-watch.js';

function fixture(): { clock: VirtualClock; watch: FrameWatch; calls: string[] } {
  const clock = new VirtualClock();
  const calls: string[] = [];
  const watch = new FrameWatch({
    clock,
    onSilent: () => calls.push('silent'),
    onRetry: () => {
      calls.push('again');
      watch.begin();
    },
  });
  watch.begin();
  return { clock, watch, calls };
}

it('the frame watch reports once that a frame does not respond, and retries with increasing delays', async () => {
  const { clock, watch, calls } = fixture();
  await clock.advance(19_000);
  expect(calls).toEqual([]);
  await clock.advance(1_000);
  expect(calls).toEqual(['silent']);
  await clock.advance(30_000);
  expect(calls).toEqual(['silent', 'again']);
  await clock.advance(79_000);
  expect(calls).toHaveLength(2);
  await clock.advance(1_000);
  expect(calls).toEqual(['silent', 'again', 'again']);
  watch.responded();
  await clock.advance(3_600_000);
  expect(calls).toHaveLength(3);
});

it('the frame watch waits less after the frame has loaded, and retries immediately when the network is available again', async () => {
  const { clock, watch, calls } = fixture();
  watch.online();
  watch.loaded();
  await clock.advance(5_000);
  expect(calls).toEqual(['silent']);
  watch.loaded();
  watch.online();
  await clock.advance(0);
  expect(calls).toEqual(['silent', 'again']);
});

it('the frame watch does not report a frame that responds or was removed', async () => {
  const { clock, watch, calls } = fixture();
  watch.loaded();
  watch.responded();
  watch.online();
  await clock.advance(3_600_000);
  watch.begin();
  watch.close();
  await clock.advance(3_600_000);
  expect(calls).toEqual([]);
});
