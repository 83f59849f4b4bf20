/** The tablet's queue in IndexedDB: what is in it survives a closed browser and an empty battery. */
import type { Author, QueuedEntry } from "./entry.js";

const NAME = "ataraxy-run-sheet";
const VERSION = 1;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the tablet's store failed"));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the tablet's store refused to write"));
    transaction.onerror = () => reject(transaction.error ?? new Error("the tablet's store failed"));
  });
}

export class Store {
  private opened: IDBDatabase | null = null;

  /** Opens the store; nothing else may be called before. */
  async open(): Promise<void> {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const queue = request.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
      queue.createIndex("key", "key", { unique: true });
      request.result.createObjectStore("authors", { keyPath: "id" });
      request.result.createObjectStore("clock");
    };
    this.opened = await settled(request);
  }

  private get database(): IDBDatabase {
    if (this.opened === null) throw new Error("the tablet's store is not open yet");
    return this.opened;
  }

  /** Returns only when the entry is on the tablet's disk. */
  async add(entry: QueuedEntry): Promise<number> {
    const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
    const n = await settled(transaction.objectStore("queue").add(entry));
    await committed(transaction);
    return Number(n);
  }

  async put(entry: QueuedEntry): Promise<void> {
    const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
    transaction.objectStore("queue").put(entry);
    await committed(transaction);
  }

  async remove(n: number): Promise<void> {
    const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
    transaction.objectStore("queue").delete(n);
    await committed(transaction);
  }

  /** In the order in which they were charted. */
  async entries(): Promise<QueuedEntry[]> {
    const queue = this.database.transaction("queue").objectStore("queue");
    return (await settled(queue.getAll())) as QueuedEntry[];
  }

  async remember(author: Author): Promise<void> {
    const transaction = this.database.transaction("authors", "readwrite");
    transaction.objectStore("authors").put(author);
    await committed(transaction);
  }

  async authors(): Promise<Author[]> {
    return (await settled(this.database.transaction("authors").objectStore("authors").getAll())) as Author[];
  }

  async setClockOffset(milliseconds: number): Promise<void> {
    const transaction = this.database.transaction("clock", "readwrite");
    transaction.objectStore("clock").put(milliseconds, "offset");
    await committed(transaction);
  }

  async clockOffset(): Promise<number | null> {
    const found: unknown = await settled(this.database.transaction("clock").objectStore("clock").get("offset"));
    return typeof found === "number" ? found : null;
  }
}
