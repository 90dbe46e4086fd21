import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Workspace } from './answers.ts';

const Context = createContext<Workspace | undefined>(undefined);

/** Lets every page know the workspace, whose time zone its instants are shown in. */
export function WorkspaceProvider({
  workspace,
  children,
}: {
  readonly workspace: Workspace;
  readonly children: ComponentChildren;
}) {
  return <Context.Provider value={workspace}>{children}</Context.Provider>;
}

/** The workspace; pages are shown when it was read. */
export function useWorkspace(): Workspace {
  const workspace = useContext(Context);
  if (workspace === undefined) throw new TypeError('a page is shown outside of the workspace');
  return workspace;
}
