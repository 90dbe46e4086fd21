import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Tells CloudWatch how late answers turned, as metric `Pipeline/resolve/lateness`, by log lines in its own format. */
export function openLatenessMetric(): (late: readonly number[]) => void {
  const metrics = new Metrics({ namespace: 'Tributary' });
  return (late) => {
    for (const ms of late) metrics.addMetric('Pipeline/resolve/lateness', MetricUnit.Milliseconds, ms);
    metrics.publishStoredMetrics();
  };
}
