export async function replay(store, author, send, answered) {
    // Two open tabs must not interleave: the lock is the browser's, one for the whole tablet.
    return navigator.locks.request("ataraxy-replay", async () => {
        for (const entry of await store.entries()) {
            if (entry.state !== "queued" || entry.n === undefined || entry.author !== author)
                continue;
            const answer = await send(entry);
            switch (answer.kind) {
                case "recorded":
                    await store.remove(entry.n);
                    break;
                case "refused":
                    await store.put({ ...entry, state: "refused", reason: answer.reason, code: answer.code });
                    break;
                default:
                    return answer.kind;
            }
            answered(entry, answer);
        }
        return "empty";
    });
}
