import type { Database } from '../database/database';
import { requestInvalid } from '../errors';
import type { Handlers } from '../http/handlers';
import type { ChangeStream } from './change-stream';
import type { ChangeSubject } from './change-subject';
import type { CreateStream } from './create-stream';
import type { DeleteStream } from './delete-stream';
import { isReceiver } from './is-receiver';
import { notAReceiver } from './security-events.errors';
import type { SecurityEventStream } from './security-event-stream.entity';
import type { SetStreamStatus } from './set-stream-status';
import { ssfConfiguration } from './ssf-configuration';
import type { ShowStream } from './stream-configuration';
import { findStreamOf, noteActivity, readOwnStream } from './stream-queries';
import type { VerifyStream } from './verify-stream';

type StreamOperations =
  | 'getSsfConfiguration'
  | 'createStream'
  | 'readStreams'
  | 'updateStream'
  | 'replaceStream'
  | 'deleteStream'
  | 'getStreamStatus'
  | 'setStreamStatus'
  | 'verifyStream'
  | 'addStreamSubject'
  | 'removeStreamSubject';

/** The use cases behind the operations. */
export interface StreamUseCases {
  createStream: CreateStream;
  changeStream: ChangeStream;
  deleteStream: DeleteStream;
  setStreamStatus: SetStreamStatus;
  verifyStream: VerifyStream;
  changeSubject: ChangeSubject;
}

export interface StreamsRoutesOptions {
  /** The transmitter's issuer. */
  publicUrl: string;
  /** The clients that may have a stream; `*` is all. */
  receivers: readonly string[];
}

/** As in the standard's examples: a stream's state is of the moment. */
const headers = { 'Cache-Control': 'no-store' };
const METADATA_CACHED_SECONDS = 3_600;

export function createStreamsRoutes(
  database: Database,
  useCases: StreamUseCases,
  show: ShowStream,
  { publicUrl, receivers }: StreamsRoutesOptions,
): Pick<Handlers, StreamOperations> {
  /** A client that is named as a receiver no more has nothing to do with its stream, but to delete it. */
  const ownerOf = ({ clientId }: { clientId: string }): string => {
    if (!isReceiver(receivers, clientId)) throw notAReceiver();
    return clientId;
  };
  const named = ({ stream_id: streamId }: { stream_id: string }, caller: { clientId: string }) => ({
    streamId,
    clientId: ownerOf(caller),
  });
  const showOne = (stream: SecurityEventStream) => ({ status: 200 as const, body: show(stream), headers });
  const showStatus = ({ id, status, statusReason }: SecurityEventStream) => ({
    status: 200 as const,
    body: { stream_id: id, status, ...(statusReason === null ? {} : { reason: statusReason }) },
    headers,
  });
  const done = () => ({ status: 204 as const, headers });

  return {
    getSsfConfiguration: () =>
      Promise.resolve({
        status: 200,
        body: ssfConfiguration(publicUrl),
        headers: { 'Cache-Control': `public, max-age=${METADATA_CACHED_SECONDS}` },
      }),

    createStream: ({ body = {}, caller, kept }) =>
      kept(
        (stream: SecurityEventStream) => ({ status: 201, body: show(stream), headers }),
        (keep) => useCases.createStream(body, caller, keep),
      ),

    async readStreams({ query, caller }) {
      const clientId = ownerOf(caller);
      const { stream_id: streamId } = query;
      if (streamId !== undefined) return showOne(await readOwnStream(database, { streamId, clientId }));
      const stream = await findStreamOf(database, clientId);
      if (stream) await noteActivity(database, stream);
      return { status: 200, body: stream ? [show(stream)] : [], headers };
    },

    updateStream: ({ body: given, caller, kept }) =>
      kept(showOne, (keep) =>
        useCases.changeStream({ ...named(given, caller), given, mode: 'merge', actor: caller }, keep),
      ),

    replaceStream: ({ body: given, caller, kept }) =>
      kept(showOne, (keep) =>
        useCases.changeStream({ ...named(given, caller), given, mode: 'replace', actor: caller }, keep),
      ),

    deleteStream: ({ query, caller, kept }) =>
      kept(done, (keep) =>
        useCases.deleteStream({ streamId: query.stream_id, clientId: caller.clientId, actor: caller }, keep),
      ),

    async getStreamStatus({ query, caller }) {
      return showStatus(await readOwnStream(database, named(query, caller)));
    },

    setStreamStatus: ({ query, body, caller, kept }) => {
      // Some receivers name it in the query as well, as for reading.
      if (query.stream_id !== undefined && query.stream_id !== body.stream_id) {
        throw requestInvalid([{ pointer: '/query/stream_id', detail: 'names another stream than the body' }]);
      }
      const { status, reason = null } = body;
      return kept(showStatus, (keep) =>
        useCases.setStreamStatus({ ...named(body, caller), status, reason, actor: caller }, keep),
      );
    },

    verifyStream: ({ body, caller, kept }) =>
      kept(done, (keep) => useCases.verifyStream({ ...named(body, caller), state: body.state }, keep)),

    addStreamSubject: ({ body, caller, kept }) =>
      kept(
        () => ({ status: 200, headers }),
        (keep) =>
          useCases.changeSubject(
            { ...named(body, caller), subject: body.subject, change: 'add', actor: caller },
            keep,
          ),
      ),

    removeStreamSubject: ({ body, caller, kept }) =>
      kept(done, (keep) =>
        useCases.changeSubject(
          { ...named(body, caller), subject: body.subject, change: 'remove', actor: caller },
          keep,
        ),
      ),
  };
}
