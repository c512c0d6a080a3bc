// The chart that an application is deployed from, shipped or of a chart repository: its defaults and what it
// says about its values.
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Application } from '../../api/types';
import { chartVersionQuery } from '../chart/data';
import { schemaOf } from '../chart/schema';
import type { Request } from '../../components/States';
import { templateQuery } from './data';

export interface ChartOf {
  title: string;
  description: string;
  defaults: string;
  schema: unknown;
  readme: string;
}

/** The chart as far as it is known; of a chart repository, `version`, else the one that was deployed last. */
export function useChart(application: Application, version?: string): Request<ChartOf> {
  const { source } = application;
  const pinned = version || (application.environments.map((each) => each.deployment).filter((each) => each !== null).toSorted((a, b) => b.number - a.number)[0]?.chart.version ?? '');
  const template = useQuery({ ...templateQuery(source.kind === 'template' ? source.name : ''), enabled: source.kind === 'template' });
  const chart = useQuery({ ...chartVersionQuery(source.repository ?? '', source.name, pinned), enabled: source.kind === 'chart' && pinned !== '' });
  const data = useMemo<ChartOf | undefined>(() => {
    const [shipped, pulled] = [template.data, chart.data];
    if (shipped) return { title: `${shipped.title} ${shipped.version}`, description: shipped.description, defaults: shipped.default_values, schema: shipped.schema, readme: shipped.readme };
    return pulled && { title: `${source.name} ${pulled.version}`, description: '', defaults: pulled.default_values, schema: schemaOf(pulled.schema), readme: pulled.readme ?? '' };
  }, [template.data, chart.data, source.name]);
  const { error, refetch } = source.kind === 'template' ? template : chart;
  return { data, error, refetch };
}
