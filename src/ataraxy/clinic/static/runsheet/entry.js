/** What the tablet keeps of one thing that was charted, until the server has it. */
/** Bound into the seal, so that no part can be moved to another entry. */
export function context(entry) {
    return ["ataraxy-queue-1", entry.key, entry.session, entry.author, entry.occurredAt].join("|");
}
