import { fillPath, matchPath, type NamesIn, type ParamsOf, type Query } from './paths.ts';

/** What a page is given by its address. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface Address {
  /** What stands after the # of the address, parameters in braces. */
  readonly path: string;
  /** Its name in the navigation, and the part of it that it stands in; absent: one goes there from another page. */
  readonly nav?: string;
  readonly group: NavGroup;
}

export const navGroups = ['Overview', 'People', 'Segments', 'Tools'] as const;
export type NavGroup = (typeof navGroups)[number];

/** Every address of the console, in the order of the navigation. What stands there is in pages.ts. */
const written = [
  { path: '/', nav: 'Home', group: 'Overview' },
  { path: '/people', nav: 'People', group: 'People' },
  { path: '/people/{person}', group: 'People' },
  { path: '/duplicates', nav: 'Duplicates', group: 'People' },
  { path: '/duplicates/{duplicate}', group: 'People' },
  { path: '/segments', nav: 'Segments', group: 'Segments' },
  { path: '/segments/{segment}', group: 'Segments' },
  { path: '/segments/{segment}/edit', group: 'Segments' },
  { path: '/overlaps', nav: 'Overlaps', group: 'Segments' },
  { path: '/personas', nav: 'Personas', group: 'Segments' },
  { path: '/learned', nav: 'Learned', group: 'Segments' },
  { path: '/versions', nav: 'Versions', group: 'Segments' },
  { path: '/versions/{version}', group: 'Segments' },
  { path: '/audiences', nav: 'Audiences', group: 'Tools' },
  { path: '/audiences/{audience}', group: 'Tools' },
  { path: '/runs/{run}', group: 'Tools' },
  { path: '/connections', nav: 'Connections', group: 'Tools' },
  { path: '/connections/{connection}', group: 'Tools' },
  { path: '/data', nav: 'Data', group: 'Tools' },
  { path: '/cost', nav: 'Cost', group: 'Tools' },
] as const satisfies readonly Address[];

export const addresses: readonly Address[] = written;

export type PagePath = (typeof written)[number]['path'];

/** The address of a page, for a link. */
export function to<Path extends PagePath>(
  path: Path,
  ...rest: [NamesIn<Path>] extends [never] ? [undefined?, Query?] : [ParamsOf<Path>, Query?]
): string {
  const [params, query] = rest;
  return `#${fillPath(path, params ?? {}, query)}`;
}

export interface Place {
  readonly path: PagePath;
  readonly group: NavGroup;
  readonly props: PageProps;
}

/** Which page an address asks for, and with what; undefined when there is none. */
export function placeOf(hash: string): Place | undefined {
  const [address = '', query = ''] = hash.replace(/^#?\/?/, '/').split('?');
  for (const { path, group } of written) {
    const params = matchPath(path, address);
    if (params !== undefined) return { path, group, props: { params, query: new URLSearchParams(query) } };
  }
  return undefined;
}
