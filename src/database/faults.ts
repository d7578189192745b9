import { QueryFailedError } from 'typeorm';
import { DomainError } from '../errors';
import { toBoolean } from './decode';
import type { Engine, Fault, Row } from './engines/engine';

/** An error that the driver raised while a script was under way, as against one of our own code. */
export class DriverError extends Error {
  constructor(readonly driverError: unknown) {
    super(driverError instanceof Error ? driverError.message : String(driverError), { cause: driverError });
    this.name = 'DriverError';
  }
}

/** The server answers and takes no changes: what it says of access may be long out of date. */
class DemotedError extends Error {}

/** @param rows of `Engine.selectDemoted` */
export function assertPrimary([row]: readonly Row[]): void {
  if (!row || toBoolean(row.demoted)) throw new DemotedError('the database server takes no changes');
}

/** What went wrong, where it was the database; `other` for everything else, which is passed on as it is. */
export function faultOf(error: unknown, engine: Engine): Fault {
  if (error instanceof DemotedError) return { kind: 'demoted' };
  if (error instanceof DriverError || error instanceof QueryFailedError)
    return engine.classify(error.driverError);
  return { kind: 'other' };
}

/** Whether the connection is of no use any more, and another one may be. */
export const isAway = ({ kind }: Fault): boolean => kind === 'connection' || kind === 'demoted';

/** 503 with `Retry-After`: nothing was changed. */
export const busy = (cause: unknown): DomainError =>
  new DomainError('service.busy', 'The database is busy or out of reach. Nothing was changed; try again.', {
    cause,
    retryAfterSeconds: 1,
  });
