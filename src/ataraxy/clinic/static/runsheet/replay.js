export async function replay(store, author, send, answered) {
    // Two open tabs must not interleave: the lock is the browser's, one for the whole tablet.
    return navigator.locks.request("ataraxy-replay", async () => {
        const held = new Set();
        for (const entry of await store.entries()) {
            if (held.has(entry.session))
                continue;
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
