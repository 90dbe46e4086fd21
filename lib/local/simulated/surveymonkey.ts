import { startSurveymonkey } from '../../../test/vendors/surveymonkey/server.ts';
import type { OpenTool } from './tool.ts';

const DAY = 24 * 3_600_000;

/** A survey that some of the world's people answered lately, and that one more answers during the day. */
export const openSurveymonkey: OpenTool = async ({ config }, { world, now }) => {
  const simulator = await startSurveymonkey({ now, survey: String(config.survey) });
  const people = world.members.filter((_one, at) => at % 9 === 0);
  for (const [n, { email, person }] of people.entries()) {
    const at = new Date(Date.parse(world.now) - ((n % 40) + 1) * DAY);
    const name = `${person.firstName} ${person.lastName}`;
    simulator.submit({ score: (n * 7) % 11, topics: ['Boots'], email: email.trim(), name, again: n % 3 > 0 }, { at });
  }
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen() {
      const [first] = simulator.responses.keys();
      const [{ email } = { email: 'nobody@example.com' }] = people;
      if (first !== undefined) simulator.edit(first, { score: 10, email: email.trim(), again: true });
    },
    async sendTo(url) {
      await simulator.sender.subscribe(url);
    },
    retryWebhooks: () => simulator.sender.settle(),
    close: () => simulator.close(),
  };
};
