import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMAIL_KINDS } from '../../src/email/email-kind';
import { toldOf } from '../../src/email/told';
import { claimed, testRenderer } from './support/sender';

const docs = join(__dirname, '../../docs');
const page = readFileSync(join(docs, 'emails.md'), 'utf8');

describe('docs/emails.md', () => {
  it.each(EMAIL_KINDS)('shows %s, light and dark, by small pictures', (kind) => {
    expect(page).toContain(`\`${kind}\``);
    for (const scheme of ['light', 'dark']) {
      const picture = `emails/${kind}-${scheme}.png`;
      expect(page).toContain(`src="${picture}"`);
      expect(statSync(join(docs, picture)).size).toBeLessThan(30_000);
    }
  });

  it('shows words that can be rendered as they stand', () => {
    const [, words = ''] = /```liquid\n(.*?)```/s.exec(page) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'templates-'));
    try {
      mkdirSync(join(folder, 'en'));
      writeFileSync(join(folder, 'en/blocked.liquid'), words);
      const told = toldOf(claimed({ reasonForUser: 'Unusual payments' }).event);
      const { text } = testRenderer(folder)(told, { firstName: 'Ada', locale: null });
      expect(text).toContain('Reason: Unusual payments\nSuspended on: 21 November 2026');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
