import { escapeHtml } from '../../domain/escape-html.ts';
import { formatInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** Everything that is known about a person. */
export interface PersonExport {
  readonly exportedAt: string;
  readonly person: JsonObject;
  /** Each source record as it is held: every value with its time, also those that lose to another source. */
  readonly fragments: JsonObject;
  readonly accounts: JsonObject;
  readonly activities: readonly Json[];
  readonly history: readonly Json[];
  readonly audiences: readonly Json[];
  readonly quarantine: readonly Json[];
  readonly archive: readonly Json[];
}

/** A person's export as one page to read or print: no scripts, nothing loaded from elsewhere, every value escaped. */
export function exportPage(whole: PersonExport): string {
  const { exportedAt, person } = whole;
  const sections: readonly (readonly [title: string, value: Json])[] = [
    ['Identifiers', person.identifiers ?? []],
    ['Traits', person.traits ?? {}],
    ['Where each trait comes from', person.sources ?? {}],
    ['Segments', person.segments ?? []],
    ['Consent', person.consent ?? []],
    ['Records', whole.fragments],
    ['Companies', whole.accounts],
    ['Activities', whole.activities],
    ['Entered and left', whole.history],
    ['Audiences', whole.audiences],
    ['Records that could not be used', whole.quarantine],
    ['Archived records as received', whole.archive],
  ];
  const body = sections
    .map(([title, value]) => `<section><h2>${escapeHtml(title)}</h2>${show(value)}</section>`)
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What is known about ${escapeHtml(String(person.id))}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>What is known about one person</h1>
<p>Profile ${escapeHtml(String(person.id))}, as of ${escapeHtml(exportedAt)}.</p>
${body}
</body>
</html>
`;
}

const STYLE =
  'body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}' +
  'th,td{border:1px solid #ccc;padding:.2em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2em}';

function show(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? '<p>none</p>' : `<ol>${value.map(item).join('')}</ol>`;
  if (!isJsonObject(value)) return escapeHtml(textOf(value));
  const rows = Object.entries(value);
  if (rows.length === 0) return '<p>none</p>';
  return `<table>${rows.map(([name, inner]) => `<tr><th>${escapeHtml(name)}</th><td>${cell(inner)}</td></tr>`).join('')}</table>`;
}

function item(value: Json): string {
  return `<li>${show(value)}</li>`;
}

function cell(value: Json): string {
  return isLeaf(value)
    ? `${escapeHtml(textOf(value[0]))} <small>${escapeHtml(formatInstant(value[1]))}</small>`
    : show(value);
}

/** A trait as its record told it: value, source time in ms, version of the mapping. */
function isLeaf(value: Json): value is readonly [Json, number, number] {
  return Array.isArray(value) && value.length === 3 && isTime(value[1]) && typeof value[2] === 'number';
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value > 1e11 && Math.abs(value) <= 8.64e15;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
