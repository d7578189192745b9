import type { Request } from 'express';
import { DomainError } from '../errors';

/** Uploads of full length that a process works on at the same time: one of a million users takes some 200 MB. */
const MOST = 4;

/** In how many shares a place is divided: the smallest upload takes one. */
const SHARES = 64;

/** @returns a function that gives the room back, once. @throws `service.busy` */
export type AdmitUpload = (request: Request, limitBytes: number) => () => void;

/**
 * Admits uploads to a process while there is room for them. Each takes the part of a place that its announced length
 * is of `limitBytes`, and a whole one where it does not say: it is memory that has to last, so that a few lines wait for
 * nobody and the largest do not come in crowds.
 */
export function createUploadAdmission(): AdmitUpload {
  let free = MOST * SHARES;

  return (request, limitBytes) => {
    const shares = sharesOf(request, limitBytes);
    if (shares > free) throw tooMany();
    free -= shares;
    return () => {
      free += shares;
    };
  };
}

function sharesOf({ headers }: Request, limitBytes: number): number {
  // RFC 9112, section 6.3: a transfer coding overrides the length.
  const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length']) : limitBytes;
  return Math.max(Math.ceil((SHARES * length) / limitBytes), 1);
}

const tooMany = () =>
  new DomainError('service.busy', 'Other uploads are being read. Send this one again in a moment.', {
    retryAfterSeconds: 1,
  });
