// The page as a whole: its data, its router, and what happens when a session ends.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Problem, whenSessionEnds } from './api/http';
import { sessionQuery } from './features/session/data';
import { makeRouter } from './router';

/** Whether asking again may help. */
const worthRetrying = (failures: number, error: unknown) => failures < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500);

/** Makes the data and the router of one page. */
export function makeApp() {
  const client = new QueryClient({
    defaultOptions: { queries: { staleTime: 5000, retry: worthRetrying }, mutations: { retry: false } },
  });
  const router = makeRouter(client);
  whenSessionEnds(() => {
    if (client.getQueryData(sessionQuery.queryKey) === null) return;
    client.setQueryData(sessionQuery.queryKey, null);
    void router.navigate({ to: '/sign-in', search: { from: router.state.location.href, ended: true } as never });
  });
  return { client, router };
}

/** The page. */
export function App({ client, router }: ReturnType<typeof makeApp>) {
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
