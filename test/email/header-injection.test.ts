import { claimed, sendTo, testRenderer, testSender } from './support/sender';
import { startSmtp, type TestSmtp } from './support/smtp';
import type { EmailSender } from '../../src/email/send-email';

let smtp: TestSmtp;
let sender: EmailSender;
beforeAll(async () => {
  smtp = await startSmtp();
  sender = testSender({ smtpUrl: smtp.url });
});
afterEach(() => smtp.caught.splice(0));
afterAll(async () => {
  sender.close();
  await smtp.close();
});

/** The lines of the message's own header, with what is folded. */
const headerLines = (raw: Buffer): string[] => {
  const [head = ''] = raw.toString('utf8').split('\r\n\r\n');
  return head.split(/\r\n(?![ \t])/);
};
const fields = (raw: Buffer) =>
  headerLines(raw).map((line) => (/^([!-9;-~]+):/.exec(line)?.[1] ?? line).toLowerCase());

const EXPECTED = [
  'from',
  'to',
  'subject',
  'message-id',
  'auto-submitted',
  'content-language',
  'date',
  'mime-version',
  'content-type',
].sort();

/** What somebody may have typed as her name. */
const NAMES = [
  'Eve\r\nBcc: victim@example.net',
  'Eve\nSubject: You have won',
  'Eve\r\n\r\n<h1>You have won</h1>',
  'Eve\rReply-To: eve@evil.example',
  'Eve" <eve@evil.example>, "Ada',
  'Eve, victim@example.net',
  'Eve; victim@example.net',
  'Eve <victim@example.net>',
  '=?utf-8?Q?Eve=0D=0ABcc:_victim@example.net?=',
  '=?utf-8?B?RXZlDQpCY2M6IHZpY3RpbUBleGFtcGxlLm5ldA==?=',
  'Eve\u2028Bcc: victim@example.net',
  'Eve\u0085Bcc: victim@example.net',
  'Eve\u010a\u010dBcc: victim@example.net',
  'Eve\u560a\u560dBcc: victim@example.net',
  'Eve\u202e\u2066moc.elpmaxe',
  'Eve\u0000',
  'Eve\r\n.\r\nMAIL FROM:<eve@evil.example>',
  '\ud83d\ude00'.repeat(50),
];

describe('I7: header injection is impossible', () => {
  it.each(NAMES.map((name) => [name]))('through the name %j', async (firstName) => {
    const delivery = claimed({ reasonForUser: firstName });
    await expect(sendTo(sender, { firstName }, delivery)).resolves.toMatchObject({ kind: 'succeeded' });
    expect(smtp.caught).toHaveLength(1);
    const [{ raw, mail, recipients, from } = { raw: Buffer.alloc(0) }] = smtp.caught;
    expect(fields(raw).sort()).toEqual(EXPECTED);
    expect(headerLines(raw).join('\n')).not.toMatch(/Eve|victim|evil|won/i);
    expect(headerLines(raw)).toContain('To: ada@example.org');
    expect([recipients, from]).toEqual([['ada@example.org'], 'no-reply@example.com']);
    expect(mail?.subject).toBe('Your account has been suspended');
    expect([mail?.cc, mail?.bcc, mail?.replyTo]).toEqual([undefined, undefined, undefined]);
    // In the body it is the reason that was given, on the line of the reason.
    expect(mail?.text?.split('\n').filter((line) => /victim|won/.test(line)).length).toBeLessThanOrEqual(1);
    expect(mail?.html).not.toContain('<h1>You');
  });

  it.each([
    ['ada@example.org\r\nBcc: victim@example.net'],
    ['ada@example.org\r\nRCPT TO:<victim@example.net>'],
    ['ada@example.org>\r\nRCPT TO:<victim@example.net'],
    ['ada@example.org, victim@example.net'],
    ['ada@example.org;victim@example.net'],
    ['Ada <victim@example.net>'],
    ['"ada@example.org, x"@example.net'],
    ['ada@example.org SIZE=1'],
    ['ada@example.org\u2028'],
    ['ada'],
  ])('through the address %j, which is refused for good and sent nowhere', async (email) => {
    const outcome = await sendTo(sender, { email });
    expect(outcome).toMatchObject({ kind: 'refused', errorKind: 'address', statusCode: null });
    expect(JSON.stringify(outcome)).not.toMatch(/ada|victim/);
    expect(smtp.caught).toHaveLength(0);
  });

  it('through the names that the operator gives: they are quoted or encoded', async () => {
    const name = 'Acme, "Inc." <x@evil.example>\r\nBcc: victim@example.net';
    const other = testSender({
      smtpUrl: smtp.url,
      from: { name, address: 'no-reply@acme.example' },
      renderEmail: testRenderer(undefined, { name }),
    });
    await sendTo(other);
    other.close();
    const [{ raw, mail, recipients } = { raw: Buffer.alloc(0) }] = smtp.caught;
    expect(fields(raw).sort()).toEqual(EXPECTED);
    expect(mail?.from?.address).toBe('no-reply@acme.example');
    expect(recipients).toEqual(['ada@example.org']);
  });
});

describe('addresses beyond ASCII', () => {
  it('reach a server that takes them (SMTPUTF8, RFC 6531)', async () => {
    const outcome = await sendTo(sender, { email: 'ädä@example.org' });
    expect(outcome.kind).toBe('succeeded');
    expect(smtp.caught.map(({ recipients }) => recipients)).toEqual([['ädä@example.org']]);
  });

  it('go to the domain’s name in DNS (RFC 5891)', async () => {
    await sendTo(sender, { email: 'ada@exämple.org' });
    const [{ raw } = { raw: Buffer.alloc(0) }] = smtp.caught;
    expect(headerLines(raw)).toContain('To: ada@xn--exmple-cua.org');
  });
});
