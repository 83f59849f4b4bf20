/**
 * Opens the run sheet without a network.
 *
 * It keeps two things: the static files of the sheet, and for each session that was opened on this tablet a page with
 * the forms and no name, reading or result of a patient. It never answers a POST and never sends the queue: entries go
 * out from the page, while their author is signed in.
 */
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
export {};

const CACHE = "ataraxy-run-sheet-1";
const SHEET = /^\/session\/([0-9a-f]{32})\/$/;

function offlineUrl(session: string): string {
  return `/session/${session}/offline/`;
}

async function keep(request: RequestInfo): Promise<boolean> {
  const cache = await caches.open(CACHE);
  const response = await fetch(request, { redirect: "manual" });
  // A sign-in page in the place of the sheet would shut the monitor out later.
  if (!response.ok || response.redirected) return false;
  await cache.put(request, response);
  return true;
}

async function sheet(request: Request, session: string): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.status < 500) {
      if (response.ok && !response.redirected) await keep(offlineUrl(session)).catch(() => undefined);
      return response;
    }
  } catch {
    // No network: the page that was kept.
  }
  const kept = await caches.match(offlineUrl(session), { ignoreVary: true });
  return kept ?? Response.error();
}

async function asset(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.ok) await (await caches.open(CACHE)).put(request, response.clone());
    return response;
  } catch {
    // Of another version rather than none.
    const kept = (await caches.match(request, { ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true, ignoreSearch: true }));
    return kept ?? Response.error();
  }
}

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  // The page names what to keep once it is open: the first visit is not seen by a worker that it installs.
  const urls: unknown = (event.data as { keep?: unknown } | null)?.keep;
  if (!Array.isArray(urls)) return;
  event.waitUntil(
    Promise.all(urls.map((url) => keep(String(url)).catch(() => false))).then((kept) => {
      event.ports[0]?.postMessage(kept.every(Boolean) ? "kept" : "not kept");
    }),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const session = SHEET.exec(url.pathname)?.[1];
  if (session !== undefined && request.mode === "navigate") event.respondWith(sheet(request, session));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
});
