const NAME = "ataraxy-run-sheet";
const VERSION = 1;
function settled(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("the tablet's store failed"));
    });
}
function committed(transaction) {
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error("the tablet's store refused to write"));
        transaction.onerror = () => reject(transaction.error ?? new Error("the tablet's store failed"));
    });
}
export class Store {
    opened = null;
    /** Opens the store; nothing else may be called before. */
    async open() {
        const request = indexedDB.open(NAME, VERSION);
        request.onupgradeneeded = () => {
            const queue = request.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
            queue.createIndex("key", "key", { unique: true });
            request.result.createObjectStore("authors", { keyPath: "id" });
            request.result.createObjectStore("clock");
        };
        this.opened = await settled(request);
    }
    get database() {
        if (this.opened === null)
            throw new Error("the tablet's store is not open yet");
        return this.opened;
    }
    /** Returns only when the entry is on the tablet's disk. */
    async add(entry) {
        const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
        const n = await settled(transaction.objectStore("queue").add(entry));
        await committed(transaction);
        return Number(n);
    }
    async put(entry) {
        const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
        transaction.objectStore("queue").put(entry);
        await committed(transaction);
    }
    async remove(n) {
        const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
        transaction.objectStore("queue").delete(n);
        await committed(transaction);
    }
    /** In the order in which they were charted. */
    async entries() {
        const queue = this.database.transaction("queue").objectStore("queue");
        return (await settled(queue.getAll()));
    }
    async remember(author) {
        const transaction = this.database.transaction("authors", "readwrite");
        transaction.objectStore("authors").put(author);
        await committed(transaction);
    }
    async authors() {
        return (await settled(this.database.transaction("authors").objectStore("authors").getAll()));
    }
    async setClockOffset(milliseconds) {
        const transaction = this.database.transaction("clock", "readwrite");
        transaction.objectStore("clock").put(milliseconds, "offset");
        await committed(transaction);
    }
    async clockOffset() {
        const found = await settled(this.database.transaction("clock").objectStore("clock").get("offset"));
        return typeof found === "number" ? found : null;
    }
}
