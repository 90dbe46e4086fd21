import type { ComponentType } from 'preact';
import type { PagePath, PageProps } from './addresses.ts';

/** Each page exports its component under this name. */
export interface PageModule {
  readonly Page: ComponentType<PageProps>;
}

/** What stands at each address: a script of its own, loaded when somebody goes there. */
export const pages: Readonly<Record<PagePath, () => Promise<PageModule>>> = {
  '/': () => import('../pages/home/home-page.tsx'),
  '/audiences': () => import('../pages/audiences/audiences-page.tsx'),
};
