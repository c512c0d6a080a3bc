// Signing in; afterwards the person is back where it was.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Form } from '../../components/Form';
import { Mark } from '../../components/Icon';
import { Notice } from '../../components/States';
import { sessionQuery, signIn } from './data';
import { texts } from './texts';

/** Only an address of this page is gone back to. */
export function safeFrom(from: string | undefined): string {
  return from?.startsWith('/') && !from.startsWith('//') && !from.startsWith('/\\') && !from.startsWith('/sign-in') ? from : '/applications';
}

/** The sign-in page. */
export function SignInPage({ from, ended }: { from?: string | undefined; ended?: boolean | undefined }) {
  const client = useQueryClient();
  const router = useRouter();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = `${texts.title} · Trueline`;
  }, []);
  const enter = useMutation({
    mutationFn: () => signIn(name.trim(), password),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      router.history.push(safeFrom(from));
    },
  });
  return (
    <main className="signin">
      <div className="mark">
        <Mark />
        <span>Trueline</span>
      </div>
      <div className="card">
        <Form className="body stack" onSubmit={() => !enter.isPending && enter.mutate()} error={enter.error} aria-label={texts.title}>
          <h1>{texts.title}</h1>
          {ended && !enter.error && <Notice tone="info">{texts.ended}</Notice>}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the page has this one purpose */}
          <TextField label={texts.name} name="name" value={name} onText={setName} required autoComplete="username" autoCapitalize="none" autoFocus />
          <TextField label={texts.password} name="password" type="password" value={password} onText={setPassword} required autoComplete="current-password" />
          <Button type="submit" look="primary" busy={enter.isPending}>
            {texts.submit}
          </Button>
        </Form>
      </div>
      <p className="small muted">{texts.first}</p>
    </main>
  );
}
