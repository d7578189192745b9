import type { Upload } from '../../http/upload';
import { readCsv } from './read-csv';
import { readNdjson } from './read-ndjson';
import { UserIdList } from './user-id-list';

/**
 * The user ids of an upload, in the order given, duplicates and all.
 * @throws `request.invalid` that names up to 20 faulty lines: one is enough to refuse the whole
 */
export async function readUserIds(upload: Upload): Promise<readonly number[]> {
  const list = new UserIdList();
  const read = upload.mediaType === 'text/csv' ? readCsv : readNdjson;
  await read(upload.text(), list);
  return list.finish();
}
