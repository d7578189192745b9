import type { ContractDocument } from './contract';
import { docsStyle } from './docs-style';

type Json = Record<string, unknown>;

const escapeHtml = (text: unknown): string =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Code spans, bold words and paragraphs: what the contract's descriptions use of Markdown. */
const prose = (text: unknown): string =>
  escapeHtml(text ?? '')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .split(/\n\s*\n/)
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join('');

/** Where a page leads. */
export interface DocsLinks {
  /** The same contract for programs. */
  json: string;
  /** The other contracts. */
  others: readonly { address: string; title: string }[];
}

/** A page that shows the contract to people: self-contained, without scripts. */
export function docsPage(document: ContractDocument, { json, others }: DocsLinks): string {
  const contract = document as unknown as Json;
  const resolve = (node: unknown): Json => {
    const reference = (node as Json | undefined)?.$ref;
    if (typeof reference !== 'string') return (node ?? {}) as Json;
    return resolve(
      reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Json)[key], contract),
    );
  };
  const info = contract.info as Json;
  const operations = Object.entries(contract.paths as Record<string, Record<string, Json>>).flatMap(
    ([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = (contract.tags as Json[]).map(({ name, description }) => {
    const ofTag = operations.filter(({ operation }) => (operation.tags as string[]).includes(String(name)));
    const sections = ofTag.map(({ path, method, operation }) =>
      operationSection(path, method, operation, resolve),
    );
    return `<h2 id="${escapeHtml(name)}">${escapeHtml(name)}</h2>${prose(description)}${sections.join('')}`;
  });
  const contents = operations.map(
    ({ method, operation }) =>
      `<li><a href="#${escapeHtml(operation.operationId)}"><b class="${method}">${method}</b> ${escapeHtml(operation.summary)}</a></li>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)} API</title><style>${docsStyle}</style></head><body>
<nav><h1>${escapeHtml(info.title)}</h1><ul>${contents.join('')}</ul>${linksTo(others)}<p><a href="${json}">${json.slice(1)}</a></p></nav>
<main><header><h1>${escapeHtml(info.summary)}</h1>${prose(info.description)}</header>${tags.join('')}</main></body></html>`;
}

const linksTo = (others: DocsLinks['others']): string =>
  others.map(({ address, title }) => `<p><a href="${address}">${escapeHtml(title)}</a></p>`).join('');

function operationSection(
  path: string,
  method: string,
  operation: Json,
  resolve: (node: unknown) => Json,
): string {
  const scopes = ((operation.security as Json[] | undefined) ?? []).map((alternative) =>
    Object.values(alternative).flat().join(' '),
  );
  const parameters = ((operation.parameters as unknown[] | undefined) ?? [])
    .map(resolve)
    .map((parameter) => ({
      name: `${String(parameter.name)} <small>${escapeHtml(parameter.in)}</small>`,
      schema: resolve(parameter.schema),
      required: parameter.required === true,
      description: parameter.description,
    }));
  const content = resolve(operation.requestBody).content as Record<string, Json> | undefined;
  const bodies = Object.entries(content ?? {}).map(
    ([type, media]) =>
      `<h4>Body${type === 'application/json' ? '' : `, ${escapeHtml(type)}`}</h4>${schemaTable(resolve(media.schema), resolve)}${example(media.example)}`,
  );
  const responses = Object.entries(operation.responses as Json).map(([status, response]) =>
    responseItem(status, resolve(response), resolve),
  );
  return `<section id="${escapeHtml(operation.operationId)}"><h3>${escapeHtml(operation.summary)}</h3>
<p class="call"><b class="${method}">${method}</b> <code>${escapeHtml(path)}</code>
<span class="scope">${escapeHtml(scopes.join(' or ') || 'no token')}</span></p>${prose(operation.description)}
${parameters.length > 0 ? `<h4>Parameters</h4>${fieldTable(parameters)}` : ''}
${bodies.join('')}
<h4>Answers</h4>${responses.join('')}</section>`;
}

function responseItem(status: string, response: Json, resolve: (node: unknown) => Json): string {
  const [[type, media] = []] = Object.entries((response.content ?? {}) as Record<string, Json>);
  const body = media
    ? `${type === 'application/json' ? schemaTable(resolve(media.schema), resolve) : ''}${example(media.example)}`
    : '';
  const line = `<b class="s${status[0]}">${status}</b> ${prose(response.description).replace(/^<p>|<\/p>$/g, '')}`;
  return body === ''
    ? `<div class="answer">${line}</div>`
    : `<details class="answer"><summary>${line}</summary>${body}</details>`;
}

interface Field {
  name: string;
  schema: Json;
  required: boolean;
  description: unknown;
}

/** A table for each form that the object may have. */
function schemaTable(schema: Json, resolve: (node: unknown) => Json): string {
  return alternativesOf(schema, resolve)
    .map((form) => fieldsOf(form, resolve, ''))
    .filter((fields) => fields.length > 0)
    .map(fieldTable)
    .join('<p>or</p>');
}

const alternativesOf = (schema: Json, resolve: (node: unknown) => Json): Json[] =>
  ((schema.oneOf ?? schema.anyOf ?? [schema]) as unknown[]).map(resolve);

/** The fields of an object and of the objects inside it: `suspension.id`, `items[].id`. */
function fieldsOf(schema: Json, resolve: (node: unknown) => Json, prefix: string): Field[] {
  const required = (schema.required as string[] | undefined) ?? [];
  return Object.entries((schema.properties ?? {}) as Json).flatMap(([name, property]) => {
    const whole = resolve(property);
    const [first = whole, ...others] = alternativesOf(whole, resolve);
    const shown =
      others.length === 0 ? first : { ...first, type: [first, ...others].map(({ type }) => type) };
    const items = 'items' in shown ? resolve(shown.items) : null;
    const field = {
      name: escapeHtml(prefix + name),
      schema: items ? { ...shown, items } : shown,
      required: required.includes(name),
      description: (property as Json).description ?? whole.description,
    };
    return [field, ...fieldsOf(items ?? shown, resolve, `${prefix}${name}${items ? '[].' : '.'}`)];
  });
}

const fieldTable = (fields: readonly Field[]): string =>
  `<table>${fields.map(({ name, schema, required, description }) => `<tr><td><code>${name}</code>${required ? ' <small>required</small>' : ''}</td><td>${typeText(schema)}</td><td>${prose(description)}</td></tr>`).join('')}</table>`;

function typeText(schema: Json): string {
  const { items } = schema;
  const words: string = schema.enum
    ? (schema.enum as string[]).join(' | ')
    : ([schema.type ?? 'object'].flat() as string[]).join(' or ');
  if (items !== undefined) return `list of ${typeText(items as Json)}`;
  const limits = (['format', 'minimum', 'maximum', 'minLength', 'maxLength', 'default'] as const)
    .filter((key) => schema[key] !== undefined && schema[key] !== 'int64')
    .map((key) => `${key} ${String(schema[key])}`);
  return `${escapeHtml(words)}${limits.length > 0 ? `<br><small>${escapeHtml(limits.join(', '))}</small>` : ''}`;
}

/** Text, such as lines of NDJSON, is shown as it is sent. */
const example = (value: unknown): string =>
  value === undefined
    ? ''
    : `<pre>${escapeHtml(typeof value === 'string' ? value : JSON.stringify(value, null, 2))}</pre>`;
