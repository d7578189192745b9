import { QueryFailedError } from 'typeorm';
import { DomainError } from '../errors';
import type { Engine, Fault } from './engines/engine';

/** An error that the driver raised while a script was under way, as against one of our own code. */
export class DriverError extends Error {
  constructor(readonly driverError: unknown) {
    super(driverError instanceof Error ? driverError.message : String(driverError), { cause: driverError });
    this.name = 'DriverError';
  }
}

/** What went wrong, where it was the database; `other` for everything else, which is passed on as it is. */
export function faultOf(error: unknown, engine: Engine): Fault {
  if (error instanceof DriverError || error instanceof QueryFailedError)
    return engine.classify(error.driverError);
  return { kind: 'other' };
}

/** 503 with `Retry-After`: nothing was changed. */
export const busy = (cause: unknown): DomainError =>
  new DomainError('service.busy', 'The database is busy or out of reach. Nothing was changed; try again.', {
    cause,
    retryAfterSeconds: 1,
  });
