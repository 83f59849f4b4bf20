/** What the tablet keeps of one thing that was charted, until the server has it. */

/** Readable by nobody on the tablet: only the server opens it, for its author alone. */
export interface Sealed {
  readonly v: 1;
  /** Ephemeral P-256 point, uncompressed, base64. */
  readonly epk: string;
  readonly iv: string;
  readonly ct: string;
}

export type State = "queued" | "refused";

export interface QueuedEntry {
  /** Order on this tablet; given by the store. */
  readonly n?: number;
  /** Idempotency key: the same key is recorded once, however often it is sent. */
  readonly key: string;
  readonly session: string;
  readonly author: string;
  /** What was charted, without its values: "Blood pressure". */
  readonly label: string;
  /** When it happened, by the tablet's clock. */
  readonly occurredAt: string;
  /** Server's clock minus the tablet's when last compared; null when never compared. */
  readonly clockOffsetMs: number | null;
  readonly sealed: Sealed;
  readonly state: State;
  /** Why the server refused it. */
  readonly reason?: string;
  /** The same for programs, such as session.moved-on. */
  readonly code?: string;
}

/** Who may chart on this tablet, and the key that seals for them. */
export interface Author {
  readonly id: string;
  readonly label: string;
  readonly publicKey: string;
}

/** Bound into the seal, so that no part can be moved to another entry. */
export function context(entry: Pick<QueuedEntry, "key" | "session" | "author" | "occurredAt">): string {
  return ["ataraxy-queue-1", entry.key, entry.session, entry.author, entry.occurredAt].join("|");
}
