import { Command } from 'commander';
import { addAuditCommands } from './commands/audit';
import { addBatchCommand } from './commands/batch';
import { addBlockListCommands } from './commands/block-list';
import { addChangeCommands } from './commands/change';
import { addCometchatKeysCommands } from './commands/cometchat-keys';
import { addDeliveryCommands } from './commands/delivery';
import { addEndpointsCommands } from './commands/endpoints';
import { addExportCommand } from './commands/export';
import { addHistoryCommand } from './commands/history';
import { addImportCommands } from './commands/import';
import { addJobCommands } from './commands/job';
import { addLoginCommands } from './commands/login';
import { addLogoutClientsCommands } from './commands/logout-clients';
import { addPropagationCommand } from './commands/propagation';
import { addRepairCommands } from './commands/repair';
import { addRestoreFenceCommand } from './commands/restore-fence';
import { addSigningKeysCommands } from './commands/signing-keys';
import { addStatusCommand } from './commands/status';
import { addZimAppsCommands } from './commands/zim-apps';
import { type Ending, exitCodes, meanings } from './exit-codes';
import { environment } from './settings';
import { version } from './version';

/** The whole command line. It throws in place of ending the process. */
export function createProgram(): Command {
  const program = new Command('portcullis')
    .description('Suspends users of an identity provider everywhere, at once.')
    .version(version())
    .option('--json', 'answer in JSON, for programs', false)
    .option('--quiet', 'show no progress', false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // main.ts tells every error alike.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', `\n${endings()}\n\n${variables()}`);
  addLoginCommands(program);
  addStatusCommand(program);
  addChangeCommands(program);
  addHistoryCommand(program);
  addPropagationCommand(program);
  addBlockListCommands(program);
  addBatchCommand(program);
  addJobCommands(program);
  addImportCommands(program);
  addExportCommand(program);
  addDeliveryCommands(program);
  addRepairCommands(program);
  addEndpointsCommands(program);
  addLogoutClientsCommands(program);
  addSigningKeysCommands(program);
  addCometchatKeysCommands(program);
  addZimAppsCommands(program);
  addAuditCommands(program);
  addRestoreFenceCommand(program);
  return program;
}

const endings = (): string =>
  [
    'Exit codes:',
    ...Object.entries(exitCodes).map(([ending, code]) => `  ${code}  ${meanings[ending as Ending]}`),
  ].join('\n');

const variables = (): string =>
  `In place of \`login\`, the environment: ${Object.values(environment).join(', ')}.`;
