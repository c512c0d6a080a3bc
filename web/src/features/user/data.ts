// Users and their roles.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { Page, RoleBinding, User } from '../../api/types';

export interface UserInput {
  name: string;
  email: string;
  password?: string;
  roles: RoleBinding[];
  enabled?: boolean;
  revoke_tokens?: boolean;
}

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: () => call<Page<User>>('GET', '/users?limit=200') });

export const createUser = (input: UserInput) => call<User>('POST', '/users', { body: input });

export const changeUser = (user: User, input: Partial<UserInput>) => call<User>('PATCH', `/users/${part(user.name)}`, { body: input, version: user.version });

export const deleteUser = (user: User) => call<void>('DELETE', `/users/${part(user.name)}`, { version: user.version });
