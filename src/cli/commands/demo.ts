/** `manyhands demo`: two jobs on real input on this machine, in less than a minute. @module */
import { constants } from 'node:os';
import { Command } from 'commander';
import { runDemo, type DemoOptions } from '../demo/run-demo.js';
import { examples } from '../console/help.js';
import { wholeNumber } from '../options/options.js';

const EXIT_SIGNAL = 128;

export function demoCommand(): Command {
  return new Command('demo')
    .description('A scheduler, two workers and two jobs: a picture in JavaScript, word statistics in Python.')
    .option('--keep', 'keep the scheduler running afterwards, so that browsers can join')
    .option('--lan', 'allow phones and other machines on the network to join; prints a QR code')
    .option('-p, --port <number>', 'TCP port, 0 for a free one', wholeNumber(0, 65_535), 0)
    .option('-o, --out <file>', 'file for the picture', 'mandelbrot.png')
    .addHelpText(
      'after',
      examples(
        ['manyhands demo', 'run both jobs, then exit'],
        ['manyhands demo --keep --lan', 'keep running, so that phones can join'],
      ),
    )
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const signal = await runDemo(options);
  // The exit code of shells for a program that a signal has ended. Everything is closed at this point.
  if (signal !== undefined) process.exit(EXIT_SIGNAL + constants.signals[signal]);
}
