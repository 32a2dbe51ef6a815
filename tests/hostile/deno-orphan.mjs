/** A supervisor whose sandbox loops for ever: prints when it does, and waits to be killed. Its argument: where dist/ is. */
const dist = new URL(process.argv[2]);
const { denoHost } = await import(new URL('worker/hosts/deno/deno-host.js', dist).href);
const { systemClock } = await import(new URL('lib/clock.js', dist).href);
const { encodeJobPackage } = await import(new URL('protocol/job/job-package-codec.js', dist).href);
const { encodeValue } = await import(new URL('protocol/values/values.js', dist).href);

const host = denoHost({ clock: systemClock, env: process.env });
const bytes = (text) => new TextEncoder().encode(text);
const job = {
  version: 2,
  worktime: { name: 'map-basic', range: '^1.0.0' },
  source: { inline: bytes('() => { for (;;); }') },
  sourceKind: 'function',
  args: { inline: encodeValue([]) },
  env: {},
  requirements: {},
  groups: [{ key: 'public' }],
  votes: 1,
  public: { name: '', description: '', link: '' },
  isolation: 'job',
  limits: { sliceTimeoutMs: 60_000, noProgressMs: 60_000 },
};
const worktime = { name: 'map-basic', version: '1.0.0' };
const sandbox = await host.start('0x00', {
  exit: (reason) => console.log(`EXIT ${reason}`),
  message: ({ type }) => {
    if (type === 'begin') console.log('LOOPS');
    if (type !== 'assigned') return;
    const inputs = [{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }];
    sandbox.send({ type: 'run', batch: 1, inputs, reportEach: true });
  },
});
const assignment = { package: encodeJobPackage(job), blobs: {}, worktime, assets: {} };
sandbox.send({ type: 'assign', assignment });
