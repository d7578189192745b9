#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError } from './cli-error';
import { exitCodes } from './exit-codes';
import { createProgram } from './program';

// Whoever reads our output may have read enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = tell(error);
  });

/** @returns the exit code */
function tell(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  // Help was shown because a command is missing: nothing is left to say.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
  const { ending, code, message } = toCliError(error);
  const exitCode = exitCodes[ending];
  const inJson = process.argv.includes('--json');
  process.stderr.write(
    inJson ? `${JSON.stringify({ error: { code, message, exitCode } })}\n` : `portcullis: ${message}\n`,
  );
  return exitCode;
}

function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CommanderError)) return new CliError('failure', message);
  // Somebody may have tried to give a secret as an option: it is not repeated.
  return new CliError('usage', message.replace(/^error: /, '').replaceAll(/(--[\w-]+)=[^'\s]*/g, '$1'));
}
