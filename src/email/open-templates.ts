import { EMAIL_KINDS } from './email-kind';
import { readTemplates, type Templates } from './read-templates';
import { createRenderEmail, type RenderEmail, type RenderOptions } from './render-email';
import type { Told } from './told';

export interface TemplateOptions extends Omit<RenderOptions, 'templates'> {
  /** Whose files replace ours of the same names. */
  folder: string | undefined;
}

/**
 * Reads the templates and renders each once with all there is to say and once with as little as there may be, so that a fault
 * stops the worker when it starts and loses no e-mail later.
 * @throws Error that names the template, the line and the fault
 */
export function openTemplates({ folder, ...options }: TemplateOptions): RenderEmail {
  const templates = readTemplates(folder);
  const renderEmail = createRenderEmail({ ...options, templates });
  for (const locale of localesOf(templates)) {
    for (const kind of EMAIL_KINDS) {
      for (const told of [SPARSE, FULL]) {
        const { subject, html, text } = renderEmail({ ...told, kind }, { firstName: 'Ada', locale });
        const template = `${locale}/${kind}.liquid`;
        if (subject.includes('\n'))
          throw new Error(`${template}: its first line, the subject, must stand alone`);
        if (!text.includes('UTC') || !html.includes('UTC')) throw new Error(`${template}: it names no time`);
      }
    }
  }
  return renderEmail;
}

const localesOf = (templates: Templates): string[] => [
  ...new Set(
    Object.keys(templates).flatMap((name) => (name.includes('/') ? (name.split('/')[0] ?? []) : [])),
  ),
];

const SPARSE: Omit<Told, 'kind'> = {
  occurredAt: new Date('2026-01-31T12:00:00Z'),
  until: null,
  reason: null,
  anonymised: false,
  endpoint: null,
  gone: false,
  failingSince: null,
};

const FULL: Omit<Told, 'kind'> = {
  occurredAt: new Date('2026-01-31T12:00:00Z'),
  until: new Date('2026-02-28T12:00:00Z'),
  reason: 'A reason',
  anonymised: true,
  endpoint: 'An endpoint',
  gone: true,
  failingSince: new Date('2026-01-26T12:00:00Z'),
};
