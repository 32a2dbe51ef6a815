/**
 * The donor's page: start and stop one worker of this page's own scheduler, and show what it does. It uses only what
 * manyhands exports to everybody.
 * @module
 */
import { Worker, type SandboxStatus, type WorkerStatus } from 'manyhands/worker';
import { log, showPlace, showSandboxes, showState, showTotals, startButton, stopButton } from './view.js';

let worker: Worker | undefined;
/** What earlier workers of this page did: each press of start makes a new one. */
const before = { slices: 0, computeMs: 0 };
let connection: 'connecting' | 'up' | 'lost' | 'stopping' = 'connecting';
let drawing = false;

showPlace(location.host);
startButton.addEventListener('click', () => void start());
stopButton.addEventListener('click', () => void stop());

async function start(): Promise<void> {
  connection = 'connecting';
  showState('connecting');
  let mine: Worker | undefined;
  try {
    mine = new Worker({ scheduler: location.origin });
    worker = mine;
    listen(mine);
    await mine.start();
  } catch (error) {
    // The donor pressed stop meanwhile: that tells of itself.
    if (worker === mine && !isStopping()) end('failed', `Could not start: ${message(error)}`);
  }
}

async function stop(): Promise<void> {
  const mine = worker;
  if (mine === undefined) return;
  connection = 'stopping';
  showState('stopping');
  try {
    await mine.stop();
    if (worker === mine) end('stopped', 'Stopped.');
  } catch (error) {
    if (worker === mine) end('failed', `Stopping went wrong: ${message(error)}`);
  }
}

function isStopping(): boolean {
  return connection === 'stopping';
}

/** Keeps the totals of the worker that ended. */
function end(state: 'stopped' | 'failed', words: string): void {
  if (worker !== undefined) {
    const { slices, computeMs } = worker.status;
    before.slices += slices;
    before.computeMs += computeMs;
  }
  worker = undefined;
  showTotals(before.slices, before.computeMs, 0);
  showSandboxes([]);
  showState(state);
  say(words);
}

function listen(mine: Worker): void {
  mine
    .on('connect', () => {
      say(connection === 'lost' ? 'Connected again.' : 'Connected. Waiting for work.');
      if (connection !== 'stopping') connection = 'up';
      draw();
    })
    .on('disconnect', () => {
      if (connection === 'stopping') return;
      connection = 'lost';
      say('The connection is lost. It is tried again by itself; finished work is kept.');
      draw();
    })
    .on('job', ({ name }) => say(`Began work on ${quoted(name)}.`))
    .on('warning', ({ error }) => say(error.message))
    .on('error', ({ error }) => {
      if (worker === mine) end('failed', `The worker cannot go on: ${error.message}`);
    });
  for (const name of ['sandbox', 'slice', 'progress', 'result'] as const) mine.on(name, draw);
}

/** Draws at the next frame, once however much happens before it. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (worker !== undefined) show(worker.status);
  });
}

function show(status: WorkerStatus): void {
  const running = status.sandboxes.filter(({ state }) => state === 'opening' || state === 'ready');
  showTotals(before.slices + status.slices, before.computeMs + status.computeMs, running.length);
  showSandboxes(running.map(lineOf));
  if (connection === 'stopping') showState('stopping');
  else if (connection === 'lost') showState('waiting');
  else if (connection === 'connecting') showState('connecting');
  else showState(running.length > 0 ? 'working' : 'connected');
}

function lineOf({
  sandbox,
  state,
  public: job,
  sliceNumber,
  progress,
}: SandboxStatus): Parameters<typeof showSandboxes>[0][number] {
  const at = sliceNumber === undefined ? 'at work' : `slice ${sliceNumber.toLocaleString('en')}`;
  return {
    key: String(sandbox),
    job: job === undefined ? 'Getting ready …' : job.name || 'A job without a name',
    at: state === 'opening' ? 'starting' : at,
    progress,
  };
}

function quoted(name: string): string {
  return name === '' ? 'a job without a name' : `“${name}”`;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(text: string): void {
  log(text, new Date());
}
