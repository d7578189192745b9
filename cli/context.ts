import type { Command } from 'commander';
import { type ApiClient, createApiClient } from './api-client';
import { createOutput, type Output } from './output';
import { createProgress, type Progress } from './progress';
import { loadSettings } from './settings';
import { createTokenSource } from './token-source';

/** The options that every command has. */
export interface GlobalOptions {
  json: boolean;
  quiet: boolean;
}

/** What a command that calls the API works with. */
export interface CommandContext {
  api: ApiClient;
  /** Where the API is. */
  url: string;
  output: Output;
  progress: (unit: string) => Progress;
}

export const outputOf = (command: Command): Output =>
  createOutput(command.optsWithGlobals<GlobalOptions>().json);

/** @throws `unauthenticated` where nobody is logged in */
export async function openContext(command: Command): Promise<CommandContext> {
  const { quiet } = command.optsWithGlobals<GlobalOptions>();
  const { settings, stored } = await loadSettings();
  return {
    api: createApiClient(settings.url, createTokenSource(settings, stored)),
    url: settings.url,
    output: outputOf(command),
    progress: (unit) => createProgress(unit, quiet),
  };
}
