import type { Database } from '../../database/database';
import type { Encryption } from '../../database/encryption';
import { type Keep, KeyClaimedError } from '../../database/keep';
import { newUuid } from '../../database/uuid';
import { DomainError } from '../../errors';
import type { Answer, Keeping, KeepOptions } from '../handlers';
import { statusOf } from '../problems';
import { answerErased, inProgress, keyReused } from './idempotency.errors';
import { deleteExpiredKey, deleteKey, insertKey, selectKey, toClaimedKey, updateAnswer } from './key-queries';
import type { RequestIdentity } from './request-identity';
import { createRunningKeys } from './running-keys';
import { openAnswer, sealAnswer, sealRefusal } from './stored-answer';

/** A request that carries an Idempotency-Key. */
export interface KeyedRequest {
  identity: RequestIdentity;
  requestId: string;
  /** Of its path; null where it names none. */
  userId: number | null;
}

export interface Idempotency {
  /**
   * Answers a request by its handler, or by what was kept of the same request
   * @throws `idempotency.key_reused`, `idempotency.in_progress`, `idempotency.answer_erased`, what the handler throws
   */
  answer(request: KeyedRequest | null, handle: (kept: Keeping<Answer>) => Promise<Answer>): Promise<Answer>;
}

/** Refusals that tell of the caller's rights or of the moment: the next call may be answered otherwise. */
const NEVER_KEPT = [401, 403, 429];

/** The HTTP side of `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07). */
export function createIdempotency(database: Database, encryption: Encryption): Idempotency {
  const once = createRunningKeys();

  const find = async ({ identity }: KeyedRequest): Promise<Answer | null> => {
    const { rows } = await database.query(selectKey(identity));
    const known = rows[0] && toClaimedKey(rows[0]);
    if (!known) return null;
    if (known.expired) {
      await database.query(deleteExpiredKey(known.id));
      return null;
    }
    if (known.fingerprint !== identity.fingerprint) throw keyReused();
    if (known.answer === null) throw answerErased();
    return openAnswer(encryption, known.id, known.answer);
  };

  const run = async (
    request: KeyedRequest,
    handle: (kept: Keeping<Answer>) => Promise<Answer>,
  ): Promise<Answer> => {
    const { identity, requestId, userId } = request;
    const id = newUuid();
    let reached = false;
    const keepOf = <T>(render: (value: T) => Answer, options: KeepOptions<T>): Keep<T> => ({
      claim() {
        reached = true;
        return insertKey(id, identity, userId, null);
      },
      kept(value) {
        const sealed = sealAnswer(encryption, id, render(value), options.hidden ?? []);
        return updateAnswer(id, options.about ? options.about(value) : userId, sealed);
      },
      release: () => deleteKey(id),
    });
    try {
      return await handle(async (render, work, options = {}) => render(await work(keepOf(render, options))));
    } catch (error) {
      // Decided inside the transaction, so with it undone the refusal is kept by itself. Where that fails, nothing
      // is lost: a repeat changes nothing either, and is refused anew.
      if (reached && error instanceof DomainError && isKept(error)) {
        const sealed = sealRefusal(encryption, id, error, requestId);
        await database.query(insertKey(id, identity, userId, sealed)).catch(() => undefined);
      }
      throw error;
    }
  };

  return {
    answer(request, handle) {
      if (request === null) return handle(withoutKeep);
      const { keyHash, clientId } = request.identity;
      return once(
        `${keyHash} ${clientId}`,
        () => find(request),
        async () => {
          try {
            return await run(request, handle);
          } catch (error) {
            if (!(error instanceof KeyClaimedError)) throw error;
            // Another process was first.
            const answer = error.by === 'taken' ? await find(request) : null;
            if (answer) return answer;
            throw inProgress();
          }
        },
      );
    },
  };
}

const isKept = (error: DomainError): boolean => {
  const status = statusOf(error.code);
  return status < 500 && !NEVER_KEPT.includes(status);
};

/** For a request without a key. */
export const withoutKeep: Keeping<Answer> = async (render, work) => render(await work(undefined));
