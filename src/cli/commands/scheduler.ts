/** `manyhands scheduler`: one scheduler in this process, until a signal. @module */
import { Command, Option } from 'commander';
import { startScheduler } from '../../entry/scheduler.node.js';
import { examples } from '../help.js';
import { lanAddress } from '../lan-address.js';
import { dataDirOption, wholeNumber } from '../options.js';
import { untilSignal } from '../until-signal.js';

interface Options {
  port: number;
  host?: string;
  lan?: boolean;
  dataDir: string;
  minimumPrice?: string;
  json?: boolean;
}

export function schedulerCommand(): Command {
  return new Command('scheduler')
    .description('Run a scheduler: jobs, leases, results and credits in one data folder.')
    .option('-p, --port <number>', 'TCP port, 0 for a free one', wholeNumber(0, 65_535), 8_462)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .addOption(new Option('--lan', 'listen on the whole network').conflicts('host'))
    .addOption(dataDirOption('where everything is kept'))
    .option('--minimum-price <credits>', 'least price of a slice that is taken (default: 0)')
    .option('--json', 'print one line of JSON when ready, and log lines of JSON')
    .addHelpText(
      'after',
      examples(
        ['manyhands scheduler', 'on http://localhost:8462, for this machine'],
        ['manyhands scheduler --lan --port 80', 'for everybody on the network'],
        ['manyhands scheduler --data-dir ./data', 'with its data in a folder of yours'],
      ),
    )
    .action(runScheduler);
}

async function runScheduler(options: Options): Promise<void> {
  const { json = false, lan = false, ...rest } = options;
  const scheduler = await startScheduler({
    ...rest,
    host: rest.host ?? (lan ? '0.0.0.0' : '127.0.0.1'),
    log: (level, event, fields) => {
      if (level === 'debug' || event === 'listening') return;
      console.error(
        json ? JSON.stringify({ level, event, ...fields }) : `${level}: ${event} ${JSON.stringify(fields)}`,
      );
    },
  });
  const { url, port, dataDir } = scheduler;
  if (json) {
    console.log(JSON.stringify({ url, port, dataDir }));
  } else {
    console.log(`A scheduler listens on ${url}`);
    const address = lan ? lanAddress() : undefined;
    if (address !== undefined) console.log(`On the network: http://${address}:${port}`);
    console.log(`Its data folder is ${dataDir}. Donors open the address in a browser. Ctrl-C stops it.`);
  }
  await untilSignal();
  await scheduler.close();
}
