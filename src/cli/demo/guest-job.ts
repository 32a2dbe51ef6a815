/**
 * What a kept demo has for tabs that join: the picture again, larger each time, which the demo's own workers leave to
 * them. Where no tab is, nothing computes.
 * @module
 */
import type { Worker } from '../../entry/worker.node.js';
import type { PictureFile } from './picture-file.js';
import { runPictureJob } from './picture-job.js';
import type { ProgressDisplay } from './progress-display.js';

const TIMES_FIRST = 2;
/** 4,800 × 3,200 pixels: a tab needs minutes for it, and it fits in memory with ease. */
const TIMES_MOST = 4;

export interface GuestStage {
  display: ProgressDisplay;
  file: PictureFile;
  workers: readonly Worker[];
  signal: AbortSignal;
}

/** Goes on until the signal. @throws JOB_CANCELLED then, and as `job.exec` */
export async function runGuestJobs({ display, file, workers, signal }: GuestStage): Promise<void> {
  for (let times = TIMES_FIRST; !signal.aborted; times = Math.min(TIMES_MOST, times + 1)) {
    const picture = await runPictureJob(file, display, signal, {
      times,
      title: 'For your tabs',
      prepare(job) {
        for (const worker of workers) worker.block({ jobId: job.id });
        // That nobody is there yet is as it should be.
        job.on('noworkers', () => undefined);
      },
    });
    display.say(`${picture.width} × ${picture.height} pixels by tabs: ${file.path}`);
  }
}
