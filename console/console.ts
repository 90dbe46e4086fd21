import type { PersonPage } from '../lib/pipeline/describe-person.ts';
import { byId, element } from './dom.ts';
import { type Overview, readOverview, showOverview } from './overview.ts';
import { showPerson } from './person.ts';
import { ask, HOW_TO_GET_IN, takeToken } from './stage-api.ts';

const message = byId('message', HTMLElement);
const overview = byId('overview', HTMLElement);
const found = byId('found', HTMLElement);
const search = byId('search', HTMLFormElement);
const person = byId('person', HTMLInputElement);
let shown: Overview | undefined;

search.addEventListener('submit', (submission) => {
  submission.preventDefault();
  void attempt(() => find(person.value.trim()));
});
window.addEventListener('hashchange', () => void enter());
await enter();

async function enter(): Promise<void> {
  if (takeToken()) await attempt(load);
  else say(HOW_TO_GET_IN);
}

async function load(): Promise<void> {
  shown = await readOverview();
  const { workspace, version } = shown.workspace;
  const refresh = element('button', { type: 'button', class: 'plain' }, 'Refresh');
  refresh.addEventListener('click', () => void attempt(load));
  byId('workspace', HTMLElement).replaceChildren(`${workspace}, definitions ${version} `, refresh);
  overview.replaceChildren(...showOverview(shown));
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
async function attempt(work: () => Promise<void>): Promise<void> {
  say('');
  document.body.classList.add('busy');
  try {
    await work();
  } catch (thrown) {
    // The page stays usable; what went wrong stands above it.
    say(thrown instanceof Error ? thrown.message : 'Something went wrong.');
  } finally {
    document.body.classList.remove('busy');
  }
}

function say(text: string): void {
  message.textContent = text;
}
