// API tokens of the person at the page.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { NewToken, Page, Role, Token } from '../../api/types';

export interface TokenInput {
  name: string;
  role: Role;
  project: string | null;
  expires_in_days: number;
}

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => call<Page<Token>>('GET', '/tokens?limit=200') });

export const createToken = (input: TokenInput) => call<NewToken>('POST', '/tokens', { body: input });

export const revokeToken = (token: Token) => call<void>('DELETE', `/tokens/${part(token.id)}`);
