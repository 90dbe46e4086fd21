import type { RehearsalReport } from './report.ts';

/** What the stage tells while it works, for a person or a program to follow. */
export type StageEvent =
  | { readonly kind: 'phase'; readonly phase: string; readonly title: string }
  | {
      readonly kind: 'progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly note: string;
    }
  | { readonly kind: 'done'; readonly phase: string; readonly summary: string; readonly seconds: number }
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'ready'; readonly url: string; readonly consoleUrl: string }
  | { readonly kind: 'report'; readonly report: RehearsalReport };

/** Told what happens. */
export type Tell = (event: StageEvent) => void;
