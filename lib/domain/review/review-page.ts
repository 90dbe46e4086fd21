import { escapeHtml } from '../escape-html.ts';
import type { Review } from './review.ts';
import { partsOfReview, type ReviewPart } from './review-lines.ts';

/**
 * Reviews as one page to read, print or send: no scripts, nothing loaded from elsewhere, every text escaped, since titles and
 * comments are what people wrote.
 */
export function reviewPage(title: string, reviews: readonly Review[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${reviews.map(article).join('\n')}
</body>
</html>
`;
}

const STYLE =
  'body{font:15px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222;background:#fff}' +
  'article{border-top:2px solid #888;margin-top:2em}table{border-collapse:collapse}' +
  'th,td{border:1px solid #bbb;padding:.2em .6em;text-align:left;overflow-wrap:anywhere}' +
  'td.number{text-align:right}.proposal{font-weight:bold;text-transform:uppercase}';

function article(review: Review): string {
  const { segment, title, at, proposal } = review;
  return `<article>
<h2>${escapeHtml(title)}</h2>
<p><span class="proposal">${escapeHtml(proposal)}</span> · segment ${escapeHtml(segment)} · counted at ${escapeHtml(at)}</p>
${partsOfReview(review).map(section).join('\n')}
</article>`;
}

function section({ title, lines = [], head = [], rows = [] }: ReviewPart): string {
  const list = lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  const titles = head.map((one) => `<th scope="col">${escapeHtml(one)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('');
  const table = rows.length === 0 ? '' : `<table><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table>`;
  return `<section><h3>${escapeHtml(title)}</h3>${list}${table}</section>`;
}

function cell(value: string | number | null): string {
  if (typeof value === 'number') return `<td class="number">${escapeHtml(value.toLocaleString('en-US'))}</td>`;
  return `<td>${escapeHtml(value ?? '–')}</td>`;
}
