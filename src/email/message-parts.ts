/** A line of its own that names something: `* Reason: Spam`. */
export interface Fact {
  label: string;
  value: string;
  /** Both, as the language writes them. */
  text: string;
}

export type Block = { text: string; facts: null } | { text: null; facts: Fact[] };

/** What an e-mail says, before it is given a shape. */
export interface MessageParts {
  subject: string;
  blocks: Block[];
}

const FACT = /^\* (.+?)\s*:\s+(.+)$/u;

/**
 * Reads rendered words: the subject in the first line, then paragraphs with an empty line between; one whose lines all
 * begin with `* ` holds facts. Text and HTML are made of the same parts, so that they never disagree.
 */
export function messageParts(words: string): MessageParts {
  const [subject = '', ...paragraphs] = words
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean);
  return { subject, blocks: paragraphs.map(toBlock) };
}

function toBlock(paragraph: string): Block {
  const lines = paragraph.split('\n').map((line) => line.trim());
  const facts = lines.map(toFact);
  return facts.every((fact) => fact !== null)
    ? { text: null, facts }
    : { text: lines.join(' '), facts: null };
}

function toFact(line: string): Fact | null {
  const [, label, value] = FACT.exec(line) ?? [];
  return label === undefined || value === undefined ? null : { label, value, text: line.slice(2) };
}
