import { TributaryError } from '../domain/errors.ts';
import { listCards } from '../pipeline/learn/cards.ts';
import { readModel } from '../pipeline/learn/describe-model.ts';
import { startLearning } from '../pipeline/learn/start-learning.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, readLimit } from './route.ts';

/** What is learned from everybody: cards of trainings, what scores people now, and a training at once. */
export function modelRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/models',
      needs: 'viewer',
      summary: 'Cards of trainings, newest first, by pages',
      query: ['limit', 'after'],
      answer: 'ModelCards',
      run: ({ query: { limit, after } }) => listCards(deps.state, readLimit(limit), after),
    },
    {
      method: 'get',
      path: '/api/models/{model}',
      needs: 'viewer',
      summary: 'One model: its latest card, and what scores people by it',
      answer: 'Model',
      run: async ({ params: { model = '' } }) => readModel(deps, await deps.definitions(), model),
    },
    {
      method: 'post',
      path: '/api/models',
      needs: 'editor',
      summary: 'Learn now from what everybody did, and score everybody by it',
      status: 202,
      answer: 'Job',
      run: async () => {
        if ((await deps.definitions()).learned !== undefined) return startLearning(deps);
        const message = 'this workspace learns nothing: name what to learn under learned: in tributary.yaml';
        throw new TributaryError('rejected', 'api/nothing-to-learn', message);
      },
    },
  ];
}
