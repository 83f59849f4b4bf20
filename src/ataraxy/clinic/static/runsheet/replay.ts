/**
 * Sends the queue: in order, one at a time, each entry until the server has answered for it.
 *
 * The same entry may be sent twice (an answer can be lost); the server records its key once. An entry leaves the tablet
 * only when the server says that it is recorded, or when its author has dealt with a refusal. One that the server cannot
 * take now (its author is no longer of this person's team, say) waits, and with it the later ones of its session, so that
 * their order stays; those of other sessions go on.
 */
import type { QueuedEntry } from "./entry.js";
import type { Store } from "./store.js";

export type Answer =
  | { readonly kind: "recorded"; readonly seq: number }
  | { readonly kind: "refused"; readonly reason: string; readonly code: string }
  | { readonly kind: "held" }
  | { readonly kind: "sign-in" }
  | { readonly kind: "unreachable" };

export type Outcome = "empty" | "held" | "sign-in" | "unreachable";

export async function replay(
  store: Store,
  author: string | null,
  send: (entry: QueuedEntry) => Promise<Answer>,
  answered: (entry: QueuedEntry, answer: Answer) => void,
): Promise<Outcome> {
  // Two open tabs must not interleave: the lock is the browser's, one for the whole tablet.
  return navigator.locks.request("ataraxy-replay", async () => {
    const held = new Set<string>();
    for (const entry of await store.entries()) {
      if (held.has(entry.session)) continue;
      if (entry.state !== "queued" || entry.n === undefined || entry.author !== author) continue;
      const answer = await send(entry);
      switch (answer.kind) {
        case "recorded":
          await store.remove(entry.n);
          break;
        case "refused":
          await store.put({ ...entry, state: "refused", reason: answer.reason, code: answer.code });
          break;
        case "held":
          held.add(entry.session);
          break;
        default:
          return answer.kind;
      }
      answered(entry, answer);
    }
    return held.size > 0 ? "held" : "empty";
  });
}
