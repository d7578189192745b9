import { DomainError, type FieldError } from '../../errors';

/** So many users a job. */
const MAX_USERS_A_JOB = 1_000_000;

/** Of an upload of another kind of file, the caller hears about so many lines. */
const MAX_FAULTS = 20;

/** Gathers the ids of an upload, and what is wrong with its lines. */
export class UserIdList {
  private readonly ids: number[] = [];
  private readonly faults: FieldError[] = [];

  /**
   * @param line from 1
   * @throws `request.invalid` at once where there are too many ids or faults
   */
  add(line: number, id: unknown): void {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) {
      this.addFault(line, 'must be a whole number from 1 to 9007199254740991');
      return;
    }
    this.ids.push(id);
    if (this.ids.length > MAX_USERS_A_JOB)
      throw invalid([{ pointer: '/body', detail: `must hold at most ${MAX_USERS_A_JOB} user ids` }]);
  }

  addFault(line: number, detail: string): void {
    this.faults.push({ pointer: `/body/line/${line}`, detail });
    if (this.faults.length === MAX_FAULTS) throw invalid(this.faults);
  }

  /**
   * The ids in the order given.
   * @throws `request.invalid` that names the lines, where there was a fault, and where there is no id
   */
  finish(): readonly number[] {
    if (this.faults.length > 0) throw invalid(this.faults);
    if (this.ids.length === 0) throw invalid([{ pointer: '/body', detail: 'must hold a user id' }]);
    return this.ids;
  }
}

const invalid = (fields: FieldError[]) =>
  new DomainError('request.invalid', 'The upload is refused as a whole; nothing of it was stored.', {
    fields,
  });
