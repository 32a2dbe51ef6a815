import { expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.js';
import { FrameWatch } from './frame-watch.js';

function stand(): { clock: VirtualClock; watch: FrameWatch; heard: string[] } {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const watch = new FrameWatch({
    clock,
    onSilent: () => heard.push('silent'),
    onRetry: () => {
      heard.push('again');
      watch.begin();
    },
  });
  watch.begin();
  return { clock, watch, heard };
}

it('reports once that a frame does not respond, and retries with increasing delays', async () => {
  const { clock, watch, heard } = stand();
  await clock.advance(19_000);
  expect(heard).toEqual([]);
  await clock.advance(1_000);
  expect(heard).toEqual(['silent']);
  await clock.advance(30_000);
  expect(heard).toEqual(['silent', 'again']);
  await clock.advance(79_000);
  expect(heard).toHaveLength(2);
  await clock.advance(1_000);
  expect(heard).toEqual(['silent', 'again', 'again']);
  watch.responded();
  await clock.advance(3_600_000);
  expect(heard).toHaveLength(3);
});

it('waits less after the frame has loaded, and retries immediately when the network is available again', async () => {
  const { clock, watch, heard } = stand();
  watch.online();
  watch.loaded();
  await clock.advance(5_000);
  expect(heard).toEqual(['silent']);
  watch.loaded();
  watch.online();
  await clock.advance(0);
  expect(heard).toEqual(['silent', 'again']);
});

it('does not report a frame that responds or was removed', async () => {
  const { clock, watch, heard } = stand();
  watch.loaded();
  watch.responded();
  watch.online();
  await clock.advance(3_600_000);
  watch.begin();
  watch.close();
  await clock.advance(3_600_000);
  expect(heard).toEqual([]);
});
