/** `manyhands demo`: the main job on real input, on this machine alone, in a minute. @module */
import { constants } from 'node:os';
import { Command } from 'commander';
import { runDemo, type DemoOptions } from '../demo/run-demo.js';
import { examples } from '../console/help.js';
import { wholeNumber } from '../options/options.js';

const EXIT_SIGNAL = 128;

export function demoCommand(): Command {
  return new Command('demo')
    .description('A scheduler, two workers and two jobs: a picture in JavaScript, word statistics in Python.')
    .option('--keep', 'leave the scheduler up afterwards, so that browsers can join')
    .option('--lan', 'let phones and other machines on the network join; prints a QR code')
    .option('-p, --port <number>', 'TCP port, 0 for a free one', wholeNumber(0, 65_535), 0)
    .option('-o, --out <file>', 'the picture', 'mandelbrot.png')
    .addHelpText(
      'after',
      examples(
        ['manyhands demo', 'both jobs, then the end'],
        ['manyhands demo --keep --lan', 'and phones may join for as long as you like'],
      ),
    )
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const signal = await runDemo(options);
  // As a shell has it for a program that a signal ended; everything is closed, and nothing is left to wait for.
  if (signal !== undefined) process.exit(EXIT_SIGNAL + constants.signals[signal]);
}
