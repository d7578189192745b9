import { ConfigurationError, type WorkerConfig } from '../config';
import type { Encryption } from '../database/encryption';
import { domainOf, toMailbox } from './mailbox';
import { openTemplates } from './open-templates';
import type { RenderEmail } from './render-email';
import { createEmailSender, type EmailSender } from './send-email';

/**
 * What makes e-mails, as the worker's configuration has it.
 * @throws ConfigurationError where the operator's templates are not usable
 */
export function openRenderEmail(config: WorkerConfig): RenderEmail {
  const { name, address } = toMailbox(config.MAIL_FROM);
  try {
    return openTemplates({
      folder: config.MAIL_TEMPLATES,
      brand: {
        name: config.MAIL_OPERATOR_NAME ?? (name || domainOf(address)),
        support: config.MAIL_SUPPORT_ADDRESS ?? null,
        color: config.MAIL_COLOR,
      },
      defaultLocale: config.MAIL_LOCALE,
    });
  } catch (error) {
    throw new ConfigurationError([`MAIL_TEMPLATES is not usable: ${(error as Error).message}`]);
  }
}

/** What sends them. */
export function openEmailSender(
  config: WorkerConfig,
  renderEmail: RenderEmail,
  encryption: Encryption,
): EmailSender {
  const { DKIM_DOMAIN: domain, DKIM_SELECTOR: selector, DKIM_PRIVATE_KEY: privateKey } = config;
  return createEmailSender({
    smtpUrl: config.SMTP_URL,
    timeoutMs: config.MAIL_TIMEOUT * 1000,
    maxConnections: config.WORKER_CONCURRENCY,
    dkim: domain && selector && privateKey ? { domain, selector, privateKey } : null,
    from: toMailbox(config.MAIL_FROM),
    renderEmail,
    encryption,
    perSecond: config.MAIL_RATE === 0 ? null : config.MAIL_RATE,
  });
}
