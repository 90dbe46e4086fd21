import type { PersonPage } from '../lib/pipeline/describe/describe-person.ts';
import { readAudience, showAudience } from './audience.ts';
import { badge, button, byId, type Child, element, moment, quiet, sentenceOf } from './dom.ts';
import { type Overview, readOverview, showOverview, type Workspace } from './overview.ts';
import { showPerson } from './person.ts';
import { routeOf } from './routes.ts';
import { readRun, showRun } from './run.ts';
import { ask, HOW_TO_GET_IN, takeToken } from './stage-api.ts';

const message = byId('message', HTMLElement);
const view = byId('view', HTMLElement);
const found = byId('found', HTMLElement);
const search = byId('search', HTMLFormElement);
const person = byId('person', HTMLInputElement);
/** An approved run is looked at again so often, and so many times. */
const FOLLOW_MS = 2_000;
const FOLLOWED = 150;
let shown: Overview | undefined;
/** Grows with each page that is opened or read again: what an earlier one still reads is not shown any more. */
let turn = 0;
/** A page was shown before: the next is moved to, and its heading gets the focus. */
let entered = false;

search.addEventListener('submit', (submission) => {
  submission.preventDefault();
  void attempt(() => find(person.value.trim()));
});
window.addEventListener('hashchange', () => void enter());
await enter();

async function enter(): Promise<void> {
  if (!takeToken()) {
    say(HOW_TO_GET_IN);
    return;
  }
  found.hidden = true;
  view.className = '';
  view.replaceChildren(quiet('Reading…'));
  await open({ moved: entered });
  entered = true;
}

/** Reads and shows the page that the address asks for; `moved`: somebody came from another page. */
async function open({ moved }: { readonly moved: boolean }): Promise<void> {
  turn += 1;
  const own = turn;
  const read = await attempt(readPage);
  if (own !== turn) return;
  if (read !== undefined) show(read, moved);
  // A page that was there stays when it cannot be read again.
  else if (view.className === '')
    view.replaceChildren(
      back(),
      ' ',
      button('Try again', () => open({ moved })),
    );
}

interface Page {
  readonly title: string;
  /** Absent on the overview. */
  readonly heading?: readonly Child[];
  readonly layout: 'overview' | 'halves';
  readonly workspace: Workspace;
  readonly parts: readonly HTMLElement[];
}

async function readPage(): Promise<Page> {
  const route = routeOf(location.hash);
  if (route.page === 'overview') {
    shown = await readOverview();
    const { workspace } = shown;
    return { title: 'Tributary', layout: 'overview', workspace, parts: showOverview(shown) };
  }
  const workspace = await ask<Workspace>('/api/workspace');
  const { timezone } = workspace;
  const common = { layout: 'halves', workspace } as const;
  if (route.page === 'audience') {
    const { audience } = route;
    const parts = showAudience(await readAudience(audience), timezone);
    return { ...common, title: `${audience} · Tributary`, heading: [audience], parts };
  }
  const run = await readRun(route.run);
  const decided = (said: string) => void open({ moved: true }).then(() => follow(run.id, said));
  return {
    ...common,
    title: `Push of ${run.audience} · Tributary`,
    heading: ['Push of ', run.audience, ', ', moment(run.startedAt, timezone), ' ', badge(run.state)],
    parts: showRun(run, { timezone, decided }),
  };
}

function show({ title, heading, layout, workspace, parts }: Page, moved: boolean): void {
  document.title = title;
  const refresh = button('Refresh', () => open({ moved: false }));
  byId('workspace', HTMLElement).replaceChildren(`${workspace.workspace}, definitions ${workspace.version} `, refresh);
  view.className = layout;
  if (heading === undefined) {
    view.replaceChildren(...parts);
    return;
  }
  const head = element('h2', { tabindex: '-1' }, ...heading);
  view.replaceChildren(element('div', { class: 'who' }, back(), head), ...parts);
  if (moved) head.focus();
}

function back(): HTMLElement {
  return element('a', { href: '#/', class: 'back' }, '← Overview');
}

/** Looks at an approved run until it has ended, as long as its page is open. */
async function follow(run: string, said: string): Promise<void> {
  const own = turn;
  say(said);
  for (let looked = 0; looked < FOLLOWED; looked += 1) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    if (own !== turn) return;
    const state = await readRun(run).then(
      (read) => read.state,
      () => 'running' as const, // Not heard once: the next look may be.
    );
    if (own !== turn) return;
    if (state === 'running' || state === 'waiting') continue;
    await open({ moved: false });
    say(`The push is ${state}.`);
    return;
  }
}

async function find(text: string): Promise<void> {
  if (text === '') return;
  shown ??= await readOverview();
  const page = await ask<PersonPage>(`/api/people/${encodeURIComponent(text)}`);
  const segments = shown.segments.map(({ segment, title }) => ({ id: segment, title }));
  const close = element('button', { type: 'button', class: 'plain' }, 'Close');
  close.addEventListener('click', () => {
    found.hidden = true;
    person.focus();
  });
  found.replaceChildren(...showPerson(page, segments, shown.workspace.timezone));
  found.querySelector('.who')?.append(close);
  found.hidden = false;
  found.focus();
}

/** Does something that asks the API, and says so when it is refused. */
async function attempt<Answer>(work: () => Promise<Answer>): Promise<Answer | undefined> {
  say('');
  document.body.classList.add('busy');
  try {
    return await work();
  } catch (thrown) {
    // The page stays usable; what went wrong stands above it.
    say(sentenceOf(thrown));
    return undefined;
  } finally {
    document.body.classList.remove('busy');
  }
}

function say(text: string): void {
  message.textContent = text;
}
