// Health rules, and trials of them.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { HealthExpressions, HealthRule, HealthTrial, Page } from '../../api/types';

export const healthRulesQuery = queryOptions({ queryKey: ['health-rules'], queryFn: () => call<Page<HealthRule>>('GET', '/health-rules?limit=200') });

/** Saves the rule for a kind; `over` is the version that was seen, null for a new one. */
export const saveHealthRule = (name: string, input: HealthExpressions, over: number | null) =>
  call<HealthRule>('PUT', `/health-rules/${part(name)}`, { body: input, ...(over === null ? { create: true } : { version: over }) });

export const deleteHealthRule = (rule: HealthRule) => call<void>('DELETE', `/health-rules/${part(rule.name)}`, { version: rule.version });

/** Asks how an object would be; without a rule by what holds for its kind now. */
export const tryHealthRule = (object: string, rule: HealthExpressions | null) => call<HealthTrial>('POST', '/health-trials', { body: { object, rule } });
