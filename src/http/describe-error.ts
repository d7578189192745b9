/** What a log may hold of an error. */
export interface ErrorDescription {
  name: string;
  code?: string;
  message?: string;
  /** Where it was thrown; without the first lines, which repeat the message. */
  frames: string[];
  cause?: ErrorDescription;
}

/** What the database drivers hang on their errors; their messages quote values of the row. */
const MARKS_OF_A_STATEMENT = ['sql', 'sqlState', 'sqlMessage', 'query', 'driverError', 'severity'];

const MAX_DEPTH = 5;

/**
 * An error for the log: none of its other properties, where drivers keep statements and their parameters, and no
 * message that may quote them (I7). Name, code and frames tell which statement it was.
 */
export function describeError(error: unknown, depth = MAX_DEPTH): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const { cause } = error;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(quotesValues(error) ? {} : { message: error.message }),
    frames: frames.map((line) => line.trim()),
    ...(cause === undefined || depth === 0 ? {} : { cause: describeError(cause, depth - 1) }),
  };
}

/** An error that passes on a driver's words, as its cause or as its own, is as talkative as the driver's. */
function quotesValues(error: unknown, depth = MAX_DEPTH): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (MARKS_OF_A_STATEMENT.some((mark) => mark in error)) return true;
  return depth > 0 && quotesValues((error as { cause?: unknown }).cause, depth - 1);
}
