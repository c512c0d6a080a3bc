// Answers of the stub, by the shapes of the API.
export interface StubAnswer {
  status: number;
  body?: unknown;
}

export interface StubRequest {
  method: string;
  path: string;
  search: URLSearchParams;
  body: Record<string, unknown>;
  headers: Record<string, string | undefined>;
}

export type Handler = (request: StubRequest, parts: string[]) => StubAnswer | Promise<StubAnswer>;

export const ok = (body: unknown, status = 200): StubAnswer => ({ status, body });
export const refuse = (status: number, code: string, detail: string, more: object = {}): StubAnswer => ok({ type: 'about:blank', title: code, status, code, detail, request_id: 'req-1', errors: [], ...more }, status);
export const missing = () => refuse(404, 'not_found', 'There is no such thing, or you may not see it.');
export const now = () => new Date().toISOString();
export const id = () => crypto.randomUUID();
/** As many as were asked for, from the number on with which the last answer ended. */
export function pageOf<T extends { number: number }>(all: T[], search: URLSearchParams) {
  const rest = all.filter((each) => each.number < Number(search.get('cursor') ?? Number.POSITIVE_INFINITY));
  const items = rest.slice(0, Number(search.get('limit') ?? 50));
  return ok({ items, next: rest.length > items.length ? String(items.at(-1)?.number) : null });
}

export const page = <T>(items: T[]) => ok({ items, next: null });
