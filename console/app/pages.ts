import type { ComponentType } from 'preact';
import type { PagePath, PageProps } from './addresses.ts';

/** Each page exports its component under this name. */
export interface PageModule {
  readonly Page: ComponentType<PageProps>;
}

/** What stands at each address: a script of its own, loaded when somebody goes there. */
export const pages: Readonly<Record<PagePath, () => Promise<PageModule>>> = {
  '/': () => import('../pages/home/home-page.tsx'),
  '/people': () => import('../pages/people/people-page.tsx'),
  '/people/{person}': () => import('../pages/people/person-page.tsx'),
  '/duplicates': () => import('../pages/duplicates/duplicates-page.tsx'),
  '/duplicates/{duplicate}': () => import('../pages/duplicates/duplicate-page.tsx'),
  '/segments': () => import('../pages/segments/segments-page.tsx'),
  '/segments/{segment}': () => import('../pages/segments/segment-page.tsx'),
  '/segments/{segment}/edit': () => import('../pages/segments/edit-page.tsx'),
  '/overlaps': () => import('../pages/overlaps/overlaps-page.tsx'),
  '/personas': () => import('../pages/personas/personas-page.tsx'),
  '/learned': () => import('../pages/learned/learned-page.tsx'),
  '/versions': () => import('../pages/versions/versions-page.tsx'),
  '/versions/{version}': () => import('../pages/versions/version-page.tsx'),
  '/audiences': () => import('../pages/audiences/audiences-page.tsx'),
  '/audiences/{audience}': () => import('../pages/audiences/audience-page.tsx'),
  '/runs/{run}': () => import('../pages/runs/run-page.tsx'),
  '/connections': () => import('../pages/connections/connections-page.tsx'),
  '/connections/{connection}': () => import('../pages/connections/connection-page.tsx'),
  '/data': () => import('../pages/data/data-page.tsx'),
  '/cost': () => import('../pages/cost/cost-page.tsx'),
};
