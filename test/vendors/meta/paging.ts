import { problems } from './graph-error.ts';

/** A page of rows behind an opaque cursor that names its last row, as the Graph API pages. */
export function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { url, query }: { readonly url: URL; readonly query: URLSearchParams },
  { most, usual, show }: { readonly most: number; readonly usual: number; readonly show: (row: Row) => object },
): object {
  const limit = Number(query.get('limit') ?? usual);
  if (!Number.isInteger(limit) || limit < 1) throw problems.parameter('Param limit must be a positive integer');
  const after = query.get('after');
  const start = after === null ? 0 : rows.findIndex(({ id }) => id === decoded(after)) + 1;
  if (after !== null && start === 0) throw problems.parameter('Invalid cursors values were provided.');
  const page = rows.slice(start, start + Math.min(limit, most));
  const [first, last] = [page[0], page.at(-1)];
  const hasMore = start + page.length < rows.length;
  return {
    data: page.map(show),
    ...(first === undefined || last === undefined
      ? {}
      : {
          paging: {
            cursors: { before: encoded(first.id), after: encoded(last.id) },
            ...(hasMore ? { next: linkTo(url, encoded(last.id)) } : {}),
          },
        }),
  };
}

/** Links hold the caller's token: whoever follows or logs them gives it away. */
function linkTo(url: URL, after: string): string {
  const link = new URL(`${url.pathname}${url.search}`, 'https://graph.facebook.com');
  link.searchParams.set('access_token', 'EAAsimulatedtokeninlink');
  link.searchParams.set('after', after);
  return link.toString();
}

function encoded(id: string): string {
  return Buffer.from(`c:${id}`).toString('base64url');
}

function decoded(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8').slice(2);
}
