import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMAIL_KINDS, type EmailKind } from '../src/email/email-kind';
import { openTemplates } from '../src/email/open-templates';
import type { Told } from '../src/email/told';
import { PROJECT_DIRECTORY } from './children';

// Entry of `npm run email:pictures`: the pictures of docs/emails.md. It takes Chromium and pngquant (`apt-get install
// chromium pngquant`), and `CHROMIUM` says where the browser is, if it has another name.

const FOLDER = join(PROJECT_DIRECTORY, 'docs/emails');

/** A phone's, in CSS pixels. */
const WIDTH = 390;
const SCALE = 1.5;
const COLORS = '16';

/** Chromium's `preferredColorScheme`. */
const SCHEMES = { dark: 0, light: 1 };

const sample = (kind: EmailKind): Told => ({
  kind,
  occurredAt: new Date('2026-11-21T11:25:00Z'),
  until: new Date('2026-12-24T12:00:00Z'),
  reason: 'Somebody tried to sign in to your account many times.',
  anonymised: false,
  endpoint: 'Billing',
  gone: false,
  failingSince: new Date('2026-11-16T08:00:00Z'),
});

function chromium(page: string, ...options: string[]): string {
  const all = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    ...options,
    `file://${page}`,
  ];
  return execFileSync(process.env.CHROMIUM ?? 'chromium', all, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/**
 * How high the page is on a phone.
 * @throws where it is wider than one, so that people would have to scroll sideways
 */
function heightOf(html: string, page: string): number {
  // In a frame: a window is 500 pixels wide at least.
  const measure =
    'const { scrollWidth, scrollHeight } = this.contentDocument.documentElement; document.title = [scrollWidth, scrollHeight]';
  const framed = html.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  writeFileSync(
    page,
    `<title></title><iframe style="border:0;width:${WIDTH}px;height:0" srcdoc="${framed}" onload="${measure}"></iframe>`,
  );
  const dom = chromium(page, '--dump-dom');
  const [width = 0, height = 0] = (/<title>([\d,]+)/.exec(dom)?.[1] ?? '').split(',').map(Number);
  if (height === 0 || width > WIDTH)
    throw new Error(`a page of ${width} by ${height} on a phone of ${WIDTH}`);
  return height;
}

function takePicture(page: string, height: number, scheme: keyof typeof SCHEMES, picture: string): void {
  chromium(
    page,
    `--window-size=${WIDTH},${height}`,
    `--force-device-scale-factor=${SCALE}`,
    `--blink-settings=preferredColorScheme=${SCHEMES[scheme]}`,
    `--screenshot=${picture}`,
  );
  execFileSync('pngquant', ['--force', '--nofs', '--strip', '--output', picture, COLORS, picture]);
}

const renderEmail = openTemplates({
  folder: undefined,
  brand: { name: 'Example', support: 'help@example.com', color: '#3047a8' },
  defaultLocale: 'en-GB',
});
const folder = mkdtempSync(join(tmpdir(), 'email-pictures-'));
const page = join(folder, 'page.html');
try {
  for (const kind of EMAIL_KINDS) {
    const { html } = renderEmail(sample(kind), { firstName: 'Ada', locale: null });
    const height = heightOf(html, page);
    writeFileSync(page, html);
    for (const scheme of ['light', 'dark'] as const) {
      const picture = join(FOLDER, `${kind}-${scheme}.png`);
      takePicture(page, height, scheme, picture);
      process.stdout.write(`${picture}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
