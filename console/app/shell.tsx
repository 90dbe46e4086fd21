import { type ComponentType, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem, Shown } from '../parts/shown.tsx';
import {
  type Address,
  addresses,
  type NavGroup,
  navGroups,
  type PagePath,
  type PageProps,
  type Place,
  placeOf,
  to,
} from './addresses.ts';
import { type RefusedError, refusalOf } from './ask.ts';
import { CallerProvider } from './caller.tsx';
import { FindPerson } from './find-person.tsx';
import { pages } from './pages.ts';
import { all, useAnswer } from './reading.ts';
import { type Entrance, enter } from './session.ts';
import { SignedIn } from './signed-in.tsx';
import { useWorkspace, WorkspaceProvider } from './workspace.tsx';

/** The frame around every page: who we are, the search, the navigation, and the page of the address. */
export function Shell() {
  const [entrance, setEntrance] = useState<Entrance>();
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = async (): Promise<void> => {
      setEntrance(await enter());
      // Entering takes what is secret out of the address.
      setHash(location.hash);
    };
    const move = (): void => void look();
    move();
    window.addEventListener('hashchange', move);
    return () => window.removeEventListener('hashchange', move);
  }, []);
  if (entrance === undefined) return undefined;
  if (!entrance.in) return <p class="alone">{entrance.says}</p>;
  return <LetIn hash={hash} />;
}

function LetIn({ hash }: { readonly hash: string }) {
  const read = all(useAnswer('GET /api/workspace'), useAnswer('GET /api/me'));
  const place = placeOf(hash);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.querySelector('main')?.focus()}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href={to('/')}>
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <path d="M6 4c0 10 10 8 10 16v8M26 4c0 10-10 8-10 16M16 4v8" />
          </svg>
          Tributary
        </a>
        <FindPerson />
      </header>
      <Navigation place={place} />
      <main tabIndex={-1}>
        <Shown of={read}>
          {([workspace, caller]) => (
            <WorkspaceProvider workspace={workspace}>
              <CallerProvider caller={caller}>
                {place === undefined ? <NoSuchPage /> : <CurrentPage place={place} address={hash} />}
                <WorkspaceLine />
              </CallerProvider>
            </WorkspaceProvider>
          )}
        </Shown>
      </main>
    </div>
  );
}

/** Links to the pages by part. On a narrow screen it opens by a button, and closes when somebody went somewhere. */
function Navigation({ place }: { readonly place: Place | undefined }) {
  const [open, setOpen] = useState(false);
  // Whoever went somewhere is done with it.
  useEffect(() => setOpen(false), [place?.path]);
  return (
    <nav aria-label="Pages" class={open ? 'pages open' : 'pages'}>
      <button type="button" class="plain menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        Menu
      </button>
      <ul>
        {navGroups.filter(hasPages).map((group) => (
          <Fragment key={group}>
            {group !== 'Overview' && <li class="group">{group}</li>}
            {addresses.filter((one) => one.group === group).map((one) => navItem(one, place))}
          </Fragment>
        ))}
      </ul>
    </nav>
  );
}

function hasPages(group: NavGroup): boolean {
  return addresses.some((one) => one.group === group && one.nav !== undefined);
}

function navItem({ path, nav }: Address, place: Place | undefined) {
  if (nav === undefined) return undefined;
  return (
    <li key={path}>
      <a href={`#${path}`} aria-current={isWithin(place, path) ? 'page' : undefined}>
        {nav}
      </a>
    </li>
  );
}

/** `/audiences/{audience}` is within `/audiences`. */
function isWithin(place: Place | undefined, path: string): boolean {
  if (place === undefined) return false;
  return place.path === path || (path !== '/' && place.path.startsWith(`${path}/`));
}

function CurrentPage({ place, address }: { readonly place: Place; readonly address: string }) {
  const [loaded, setLoaded] = useState<{ readonly path: PagePath; readonly Page: ComponentType<PageProps> }>();
  const [problem, setProblem] = useState<RefusedError>();
  const { path, props } = place;
  useEffect(() => {
    let gone = false;
    setProblem(undefined);
    pages[path]().then(
      ({ Page }) => !gone && setLoaded({ path, Page }),
      (thrown: unknown) => !gone && setProblem(refusalOf(thrown)),
    );
    return () => {
      gone = true;
    };
  }, [path]);
  useMovedFocus(address);
  if (problem !== undefined) return <Problem problem={problem} again={() => location.reload()} />;
  if (loaded?.path !== path) return <p class="quiet loading">Reading…</p>;
  // A page of its own for each address: nothing of the one before stays in it.
  return <loaded.Page key={address} {...props} />;
}

/** Whoever goes to another page begins at its start. */
function useMovedFocus(address: string): void {
  const before = useRef(address);
  useEffect(() => {
    if (before.current === address) return;
    before.current = address;
    window.scrollTo(0, 0);
    document.querySelector('main')?.focus({ preventScroll: true });
  }, [address]);
}

function NoSuchPage() {
  return (
    <p>
      There is no such page. <a href={to('/')}>Go home</a>
    </p>
  );
}

function WorkspaceLine() {
  const { workspace, version, timezone } = useWorkspace();
  return (
    <footer class="quiet">
      Workspace {workspace}, definitions {version}; times of {timezone}
      <SignedIn />
    </footer>
  );
}
